namespace Casemate.Oci.Zstandard;

/// <summary>What a symbol stands for: a value, and how many bits are read and added to it. Source: RFC 8878, section 3.1.1.3.2.1.1.</summary>
internal readonly record struct SymbolCode(uint Value, byte ExtraBits);
