namespace Casemate.Oci.Zstandard;

/// <summary>A state of a decoding table: the value of its symbol, and the way to the next state. Source: RFC 8878, section 4.1.1.</summary>
/// <param name="Value">What the symbol stands for, before its extra bits are added.</param>
/// <param name="NextState">The next state, before its bits are added.</param>
/// <param name="ExtraBits">The bits to read and to add to the value.</param>
/// <param name="StateBits">The bits to read and to add to the next state.</param>
internal readonly record struct FseEntry(uint Value, ushort NextState, byte ExtraBits, byte StateBits);
