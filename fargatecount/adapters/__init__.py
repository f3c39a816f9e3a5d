"""The only place that talks to vendors; each module adapts one of them to the ports of the concepts above."""
