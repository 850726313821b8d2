package e2e_test

import (
	"slices"
	"testing"

	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
)

func TestOnOnesOwnMachineAToolCanAskForTheContracts(t *testing.T) {
	for service, want := range map[string]string{
		"auth": "notejam.auth.v1.AuthService", "notes": "notejam.notes.v1.NotesService", "audit": "notejam.audit.v1.ActivityService",
	} {
		stream, err := reflectionpb.NewServerReflectionClient(dial(t, "web", service)).ServerReflectionInfo(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		err = stream.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		named := func(s *reflectionpb.ServiceResponse) bool { return s.GetName() == want }
		if !slices.ContainsFunc(answer.GetListServicesResponse().GetService(), named) {
			t.Errorf("%s tells of %v", service, answer)
		}
	}
}
