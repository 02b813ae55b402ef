package document

// A ProtocolCost is what a part of a run has cost in one account, all its connections
// together, also those that were lost.
type ProtocolCost struct {
	// Account is the address of the account.
	Account string `json:"account"`
	// Phase is the part of the run.
	Phase Phase `json:"phase"`
	// Connections is how many were opened: more than one where a connection was lost, or
	// idled for too long; 0 where the one of the phase before was used, or none could be
	// opened.
	Connections int64 `json:"connections"`
	// Commands is how many were sent.
	Commands int64 `json:"commands"`
	// RoundTrips is how often the server's answer was waited for: commands that are sent
	// together take one.
	RoundTrips int64 `json:"round_trips"`
	// OctetsSent is how many octets of the protocol were sent, compressed where the
	// connection was, without what TLS adds.
	OctetsSent int64 `json:"octets_sent"`
	// OctetsReceived is how many octets of the protocol came, likewise.
	OctetsReceived int64 `json:"octets_received"`
	// Seconds is how long the phase took, from the dial on.
	Seconds float64 `json:"seconds"`
	// ConnectingSeconds is how much of that it took to connect and to log in.
	ConnectingSeconds float64 `json:"connecting_seconds"`
	// WaitingSeconds is for how long the server owed an answer and said nothing, also
	// while connecting.
	WaitingSeconds float64 `json:"waiting_seconds"`
}

// A Phase is a part of a run.
type Phase string

// The phases, in the order of a run: what an earlier run left half done is found out
// first.
const (
	PhaseResume Phase = "resume"
	PhasePlan   Phase = "plan"
	PhaseApply  Phase = "apply"
)
