"""The controllers of the twin: each looks at what there is and takes the next step towards what is wanted."""
