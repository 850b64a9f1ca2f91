namespace Casemate.Attestation.Tdx;

/// <summary>One runtime measurement register, replayed and reported.</summary>
/// <param name="Index">0 to 3.</param>
/// <param name="Replayed">What the event log gives, 48 bytes.</param>
/// <param name="Reported">What the quote says, 48 bytes.</param>
/// <param name="Events">How many entries of the log extend it.</param>
public sealed record RtmrComparison(int Index, byte[] Replayed, byte[] Reported, int Events)
{
    /// <summary>True when the log explains the register completely.</summary>
    public bool Matches => Replayed.AsSpan().SequenceEqual(Reported);
}
