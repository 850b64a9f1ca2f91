namespace Casemate.Admission;

/// <summary>A field has another type than Kubernetes gives it. Never leaves the judgement.</summary>
internal sealed class MalformedPodException(string field, string expected) : Exception($"{field} is no {expected}")
{
    /// <summary>The name of the field.</summary>
    public string Field { get; } = field;

    /// <summary>What it should be, in the words of the message.</summary>
    public string Expected { get; } = expected;
}
