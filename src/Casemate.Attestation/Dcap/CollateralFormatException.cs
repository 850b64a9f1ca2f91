namespace Casemate.Attestation.Dcap;

/// <summary>A collateral document that breaks its format. Caught where the document is parsed; never leaves the library.</summary>
internal sealed class CollateralFormatException(string message) : Exception(message);
