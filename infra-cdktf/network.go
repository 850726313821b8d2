package main

import (
	"net/netip"
	"strconv"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/defaultsecuritygroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/eip"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/internetgateway"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/natgateway"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/route"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/routetable"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/routetableassociation"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/subnet"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpc"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcendpoint"
)

// The tiers of subnets. The load balancer and NAT are public, tasks are in app, the database is in data, from which no
// route leads out.
const (
	public = "public"
	app    = "app"
	data   = "data"
)

// anywhere is every address.
const anywhere = "0.0.0.0/0"

// network is what later parts of the stack must know of it.
type network struct {
	VPC     *string
	Subnets map[string][]*string // ids by tier, in the order of zones
}

func (n network) subnets(tier string) *[]*string {
	ids := n.Subnets[tier]
	return &ids
}

// network makes the VPC, three tiers of subnets in every zone, and their ways out.
func (s *stack) network() network {
	v := vpc.NewVpc(s.scope, str("vpc"), &vpc.VpcConfig{
		CidrBlock: str(s.Env.CIDR), EnableDnsHostnames: true, EnableDnsSupport: true, Tags: s.named("vpc"),
	})
	// Without rules nobody can use it by accident.
	defaultsecuritygroup.NewDefaultSecurityGroup(s.scope, str("default-group"), &defaultsecuritygroup.DefaultSecurityGroupConfig{
		VpcId: v.Id(), Tags: s.named("default"),
	})
	n := network{VPC: v.Id(), Subnets: map[string][]*string{}}
	zones := s.Account.zones(s.Env.Zones)
	for tier, name := range []string{public, app, data} {
		for i, zone := range zones {
			tags := map[string]string{"Name": s.name(name + "-" + s.Env.Zones[i]), "Tier": name}
			made := subnet.NewSubnet(s.scope, str(name+"-"+s.Env.Zones[i]), &subnet.SubnetConfig{
				VpcId: v.Id(), AvailabilityZone: str(zone), CidrBlock: str(subnetCIDR(s.Env.CIDR, 4*tier+i)),
				MapPublicIpOnLaunch: false, Tags: texts(tags),
			})
			n.Subnets[name] = append(n.Subnets[name], made.Id())
		}
	}
	tables := s.routes(n)
	s.endpoints(n, tables)
	s.flowLog(n)
	return n
}

// routes makes the ways out: the internet gateway for what is public, NAT for tasks, none for data. It gives the tables
// of tasks.
func (s *stack) routes(n network) []*string {
	gateway := internetgateway.NewInternetGateway(s.scope, str("internet"), &internetgateway.InternetGatewayConfig{VpcId: n.VPC, Tags: s.named("internet")})
	open := s.table(n, public, n.Subnets[public])
	route.NewRoute(s.scope, str("public-internet"), &route.RouteConfig{
		RouteTableId: open, DestinationCidrBlock: str(anywhere), GatewayId: gateway.Id(),
	})
	var tables []*string
	var nat natgateway.NatGateway
	for i, letter := range s.Env.Zones {
		if i == 0 || s.Env.NAT == NATPerZone {
			address := eip.NewEip(s.scope, str("nat-"+letter), &eip.EipConfig{Domain: str("vpc"), Tags: s.named("nat-" + letter)})
			nat = natgateway.NewNatGateway(s.scope, str("nat-gateway-"+letter), &natgateway.NatGatewayConfig{
				AllocationId: address.Id(), SubnetId: n.Subnets[public][i], Tags: s.named("nat-" + letter),
			})
		}
		table := s.table(n, app+"-"+letter, n.Subnets[app][i:i+1])
		route.NewRoute(s.scope, str("app-"+letter+"-nat"), &route.RouteConfig{
			RouteTableId: table, DestinationCidrBlock: str(anywhere), NatGatewayId: nat.Id(),
		})
		tables = append(tables, table)
	}
	s.table(n, data, n.Subnets[data])
	return tables
}

func (s *stack) table(n network, name string, subnets []*string) *string {
	table := routetable.NewRouteTable(s.scope, str("routes-"+name), &routetable.RouteTableConfig{VpcId: n.VPC, Tags: s.named(name)})
	for i, id := range subnets {
		routetableassociation.NewRouteTableAssociation(s.scope, str("routes-"+name+"-"+strconv.Itoa(i)), &routetableassociation.RouteTableAssociationConfig{
			SubnetId: id, RouteTableId: table.Id(),
		})
	}
	return table.Id()
}

// endpoints are ways to AWS that need no NAT. That of S3 is free, and image layers come from there.
func (s *stack) endpoints(n network, tables []*string) {
	vpcendpoint.NewVpcEndpoint(s.scope, str("endpoint-s3"), &vpcendpoint.VpcEndpointConfig{
		VpcId: n.VPC, ServiceName: strf("com.amazonaws.%s.s3", s.Account.Region), VpcEndpointType: str("Gateway"),
		RouteTableIds: &tables, Tags: s.named("s3"),
	})
}

func (s *stack) named(what string) *map[string]*string {
	return texts(map[string]string{"Name": s.name(what)})
}

// subnetCIDR gives the n-th of the sixteen equal parts of a network that validate.go has let through.
func subnetCIDR(cidr string, n int) string {
	prefix := netip.MustParsePrefix(cidr)
	bits := prefix.Bits() + 4
	bytes := prefix.Addr().As4()
	offset := uint32(n) << (32 - bits) //nolint:gosec // n is below 16
	address := uint32(bytes[0])<<24 | uint32(bytes[1])<<16 | uint32(bytes[2])<<8 | uint32(bytes[3])
	address += offset
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{
		byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address), //nolint:gosec // each is one byte of it
	}), bits).String()
}
