package message

import "maps"

// Merge adds what another answer told about the same message.
func (m *Message) Merge(more *Message) {
	news := more.Known.Minus(m.Known)
	if news.Flags {
		m.Flags = more.Flags
	}
	if news.Received {
		m.Received = more.Received
	}
	if news.Size {
		m.Size = more.Size
	}
	if news.Saved {
		m.Saved = more.Saved
	}
	if len(news.Fields) > 0 {
		m.Header = m.Header.Join(more.Header, news.Fields)
	}
	if news.Structure {
		m.Structure = more.Structure
	}
	if len(news.Texts) > 0 {
		m.Texts = maps.Clone(m.Texts) // copies of a message share it
		if m.Texts == nil {
			m.Texts = map[*TextTest]Verdict{}
		}
		for _, t := range news.Texts {
			m.Texts[t] = more.Texts[t]
		}
	}
	m.Known = m.Known.Union(more.Known)
}
