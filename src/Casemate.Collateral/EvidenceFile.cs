using Casemate.Attestation;

namespace Casemate.Collateral;

/// <summary>Evidence as it was found in a file, unwrapped from whatever carried it. Nothing of it is verified.</summary>
/// <param name="Name">The file, for messages.</param>
/// <param name="Tee">The kind of hardware that it claims to come from.</param>
/// <param name="Evidence">The quote or report itself.</param>
/// <param name="Form">What carried it, for people, such as <c>base64 text</c>.</param>
/// <param name="Included">Collateral that came in the same file; empty when there was none.</param>
public sealed record EvidenceFile(string Name, Tee Tee, ReadOnlyMemory<byte> Evidence, string Form, CollateralSet Included)
{
    /// <summary>The <see cref="Form"/> of evidence that nothing was wrapped around.</summary>
    public const string Binary = "binary";

    /// <summary>The confidential computing event log that came beside a TDX quote in KBS evidence; empty when none did.</summary>
    public ReadOnlyMemory<byte> EventLog { get; init; }
}
