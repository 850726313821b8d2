package local

// NoLimits are settings without a limit on how often anything may be done: for
// who measures, and for tests that are hundreds of people at one address.
func NoLimits() map[string]map[string]string {
	return map[string]map[string]string{
		"auth": {
			"LIMIT_SIGN_IN": "0", "LIMIT_SIGN_UP": "0", "LIMIT_RESET": "0", "LIMIT_RESET_ACCOUNT": "0", "LIMIT_MAX_DELAY": "0s",
		},
		"web": {"LIMIT_CALLS": "0", "LIMIT_BAD_TOKENS": "0"},
	}
}
