namespace Casemate.Quoting.Aesm;

/// <summary>What a message may have under one field number.</summary>
internal readonly record struct AesmFieldRule(int Number, AesmFieldKind Kind, bool Required);
