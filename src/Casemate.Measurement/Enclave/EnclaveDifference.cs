namespace Casemate.Measurement.Enclave;

/// <summary>An input of a measurement, or a claim about it, that is not the same on both sides.</summary>
/// <param name="Input">What it is: a segment, a patch, a layout entry, a field.</param>
/// <param name="Here">What the file, or the first of two, has.</param>
/// <param name="There">What the other side has.</param>
public sealed record EnclaveDifference(string Input, string Here, string There)
{
    /// <summary>One line for people.</summary>
    public override string ToString() => $"{Input}: {Here}, {There}";
}
