namespace Casemate.KataPolicy;

/// <summary>The rules of a policy: its text before the data.</summary>
/// <remarks>
/// Words about a policy's data are true only where the rules hold requests against that data as Casemate's do. Rules that were edited, or
/// that somebody else wrote, can allow anything whatever the data says.
/// </remarks>
public static class PolicyRules
{
    /// <summary>
    /// Whether the rules are exactly those that <see cref="AgentPolicyText.Write"/> of this version puts before the same data. False for
    /// rules that were edited, written by somebody else or by another version, for a policy that allows what it denies, and where the data
    /// cannot be read or contradicts itself.
    /// </summary>
    /// <param name="policy">The Rego text; line ends may be those of Windows.</param>
    public static bool AreCasemates(string policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return PolicyDataText.TryReadPolicy(policy, out var data, out _)
            && PolicyDataProblems.Find(data).Count == 0
            && AreIdentical(policy, AgentPolicyText.Write(data));
    }

    /// <summary>Whether two policies have the same rules, character by character but for line ends.</summary>
    /// <param name="first">The first policy's Rego text.</param>
    /// <param name="second">The second policy's Rego text.</param>
    public static bool AreIdentical(string first, string second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return string.Equals(Of(first), Of(second), StringComparison.Ordinal);
    }

    private static string Of(string policy) =>
        (PolicyDataText.FindMarker(policy) is var at and >= 0 ? policy[..at] : policy).Replace("\r\n", "\n", StringComparison.Ordinal);
}
