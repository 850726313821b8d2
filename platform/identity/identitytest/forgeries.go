package identitytest

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/platform/identity"
)

// Forgery is a token that nobody may accept.
type Forgery struct {
	Name  string // what is wrong with it
	Token string
}

// forger makes them around one good token.
type forger struct {
	key       Key
	principal identity.Principal
	audience  string
	now       time.Time
	all       []Forgery
}

// Forgeries are the tricks that are known, each on a token that is good but for
// that. now is the verifier's time.
func Forgeries(key Key, p identity.Principal, audience string, now time.Time) []Forgery {
	f := &forger{key: key, principal: p, audience: audience, now: now}
	f.headers()
	f.claims()
	f.signatures()
	f.shapes()
	f.flips()
	return f.all
}

func (f *forger) add(name, token string) { f.all = append(f.all, Forgery{name, token}) }

func (f *forger) good() string { return f.key.Token(f.principal, f.audience, f.now, nil) }

func (f *forger) body() string { return Body(f.principal, f.audience, f.now, nil) }

// headers are signed by the right key, and ask the verifier to look at them in
// another way.
func (f *forger) headers() {
	good := strings.TrimSuffix(f.key.Header(), "}")
	for name, header := range map[string]string{
		"alg none":            strings.Replace(f.key.Header(), "EdDSA", "none", 1),
		"alg None":            strings.Replace(f.key.Header(), "EdDSA", "None", 1),
		"alg HS256":           strings.Replace(f.key.Header(), "EdDSA", "HS256", 1),
		"alg RS256":           strings.Replace(f.key.Header(), "EdDSA", "RS256", 1),
		"alg ES256":           strings.Replace(f.key.Header(), "EdDSA", "ES256", 1),
		"alg eddsa":           strings.Replace(f.key.Header(), "EdDSA", "eddsa", 1),
		"alg Ed25519":         strings.Replace(f.key.Header(), "EdDSA", "Ed25519", 1),
		"alg empty":           strings.Replace(f.key.Header(), "EdDSA", "", 1),
		"alg list":            strings.Replace(f.key.Header(), `"EdDSA"`, `["EdDSA"]`, 1),
		"alg null":            strings.Replace(f.key.Header(), `"EdDSA"`, `null`, 1),
		"alg missing":         strings.Replace(f.key.Header(), `"alg":"EdDSA",`, ``, 1),
		"alg twice":           good + `,"alg":"EdDSA"}`,
		"alg twice, escaped":  good + `,"\u0061lg":"none"}`,
		"alg in capitals":     strings.Replace(f.key.Header(), `"alg"`, `"ALG"`, 1),
		"typ JWT":             strings.Replace(f.key.Header(), "at+jwt", "JWT", 1),
		"typ in capitals":     strings.Replace(f.key.Header(), "at+jwt", "AT+JWT", 1),
		"typ a media type":    strings.Replace(f.key.Header(), "at+jwt", "application/at+jwt", 1),
		"typ missing":         strings.Replace(f.key.Header(), `"typ":"at+jwt",`, ``, 1),
		"kid missing":         `{"alg":"EdDSA","typ":"at+jwt"}`,
		"kid null":            `{"alg":"EdDSA","typ":"at+jwt","kid":null}`,
		"kid a number":        `{"alg":"EdDSA","typ":"at+jwt","kid":1}`,
		"kid empty":           `{"alg":"EdDSA","typ":"at+jwt","kid":""}`,
		"kid a path":          `{"alg":"EdDSA","typ":"at+jwt","kid":"../` + f.key.ID + `"}`,
		"kid with SQL":        `{"alg":"EdDSA","typ":"at+jwt","kid":"` + f.key.ID + `' OR '1'='1"}`,
		"kid unknown":         `{"alg":"EdDSA","typ":"at+jwt","kid":"k9"}`,
		"kid too long":        `{"alg":"EdDSA","typ":"at+jwt","kid":"` + strings.Repeat("k", 33) + `"}`,
		"jku":                 good + `,"jku":"https://x.test/"}`,
		"jwk":                 good + `,"jwk":{}}`,
		"x5u":                 good + `,"x5u":"https://x.test/"}`,
		"x5c":                 good + `,"x5c":[]}`,
		"x5t":                 good + `,"x5t":"AAAA"}`,
		"crit":                good + `,"crit":["exp"]}`,
		"b64 false":           good + `,"b64":false,"crit":["b64"]}`,
		"zip":                 good + `,"zip":"DEF"}`,
		"cty":                 good + `,"cty":"JWT"}`,
		"header no JSON":      `EdDSA`,
		"header null":         `null`,
		"header a list":       `[` + f.key.Header() + `]`,
		"header empty":        `{}`,
		"header and more":     f.key.Header() + `{}`,
		"header with a mark":  "\ufeff" + f.key.Header(),
		"header of two kinds": good + `,"alg":"none"}`,
	} {
		f.add(name, f.key.Sign(header, f.body()))
	}
}

// claims are signed by the right key, and claim what auth never writes.
func (f *forger) claims() {
	at := func(d time.Duration) int64 { return f.now.Add(d).Unix() }
	for name, changes := range map[string]map[string]any{
		"aud another":         {"aud": "another"},
		"aud two":             {"aud": []string{f.audience, "another"}},
		"aud a list of one":   {"aud": []string{f.audience}},
		"aud missing":         {"aud": nil},
		"aud in capitals":     {"aud": strings.ToUpper(f.audience)},
		"iss another":         {"iss": "somebody"},
		"iss missing":         {"iss": nil},
		"exp past":            {"iat": at(-66 * time.Second), "nbf": at(-66 * time.Second), "exp": at(-6 * time.Second)},
		"exp missing":         {"exp": nil},
		"exp 0":               {"exp": 0},
		"exp in ms":           {"exp": f.now.Add(time.Minute).UnixMilli()},
		"exp a text":          {"exp": "2036-03-01"},
		"exp a fraction":      {"exp": float64(at(time.Minute)) + 0.5},
		"exp beyond all":      {"exp": 1e300},
		"life of 121 s":       {"exp": at(121 * time.Second)},
		"life from long ago":  {"iat": at(-time.Hour)},
		"iat missing":         {"iat": nil},
		"iat in the future":   {"iat": at(time.Minute)},
		"nbf missing":         {"nbf": nil},
		"nbf in the future":   {"nbf": at(time.Minute)},
		"sub missing":         {"sub": nil},
		"sub empty":           {"sub": ""},
		"sub a number":        {"sub": 1},
		"sid missing":         {"sid": nil},
		"sid empty":           {"sid": ""},
		"scp missing":         {"scp": nil},
		"scp a text":          {"scp": strings.Join(f.principal.Scopes, " ")},
		"jti missing":         {"jti": nil},
		"an unknown claim":    {"admin": true},
		"another name of aud": {"aud": nil, "audience": f.audience},
	} {
		f.add(name, f.key.Token(f.principal, f.audience, f.now, changes))
	}
	good := f.body()
	for name, body := range map[string]string{
		"sub twice":          strings.TrimSuffix(good, "}") + `,"sub":"somebody"}`,
		"sub twice, escaped": strings.TrimSuffix(good, "}") + `,"s\u0075b":"somebody"}`,
		"sub in capitals":    strings.Replace(good, `"sub"`, `"SUB"`, 1),
		"body and more":      good + `{}`,
		"body a list":        `[` + good + `]`,
		"body null":          `null`,
		"body no JSON":       `sub`,
	} {
		f.add(name, f.key.Sign(f.key.Header(), body))
	}
}

// signatures are by somebody who does not have the key.
func (f *forger) signatures() {
	public, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	own, _ := f.key.Private.Public().(ed25519.PublicKey)
	parts := strings.Split(f.good(), ".")
	unsigned := parts[0] + "." + parts[1]
	f.add("same kid, another key", Key{f.key.ID, stranger}.Sign(f.key.Header(), f.body()))
	embedded := strings.TrimSuffix(f.key.Header(), "}") + `,"jwk":{"kty":"OKP","crv":"Ed25519","x":"` + encode(public) + `"}}`
	f.add("its own key in jwk", Key{f.key.ID, stranger}.Sign(embedded, f.body()))
	hs256 := encode([]byte(strings.Replace(f.key.Header(), "EdDSA", "HS256", 1))) + "." + parts[1]
	mac := hmac.New(sha256.New, own)
	mac.Write([]byte(hs256))
	f.add("HS256 with the public key", hs256+"."+encode(mac.Sum(nil)))
	f.add("alg none, unsigned", encode([]byte(`{"alg":"none","typ":"at+jwt","kid":"`+f.key.ID+`"}`))+"."+parts[1]+".")
	f.add("no signature", unsigned+".")
	f.add("a signature of zeros", unsigned+"."+encode(make([]byte, ed25519.SignatureSize)))
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		panic(err)
	}
	f.add("a cut signature", unsigned+"."+encode(signature[:len(signature)-1]))
	f.add("a longer signature", unsigned+"."+encode(append(slices.Clone(signature), 0)))
	f.add("the other form of the signature", unsigned+"."+encode(plusOrder(signature)))
	f.add("the signature of another token", unsigned+"."+strings.Split(f.key.Token(f.principal, f.audience, f.now.Add(-time.Second), nil), ".")[2])
	f.add("another body under the signature", parts[0]+"."+encode([]byte(Body(f.principal, f.audience, f.now, map[string]any{"jti": "j-2"})))+"."+parts[2])
}

// plusOrder adds the order of the group to the signature's number: it solves the
// same equation, and a verifier that does not look takes it for a second
// signature of the same token (RFC 8032, 5.1.7).
func plusOrder(signature []byte) []byte {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	turned := slices.Clone(signature)
	slices.Reverse(turned[32:]) // little endian
	number := new(big.Int).SetBytes(turned[32:])
	number.Add(number, order).FillBytes(turned[32:])
	slices.Reverse(turned[32:])
	return turned
}
