using System.Globalization;

namespace Casemate.KataPolicy;

/// <summary>
/// How much of a policy's text agents read. Sources: microsoft/regorus, src/lexer.rs (what agents have before Kata 3.24);
/// kata-containers, src/agent/policy/src/policy.rs (what later ones set).
/// </summary>
internal static class PolicyLimits
{
    private const int MaximumLine = 64 * 1024;
    private const int OldBytes = 1024 * 1024;
    private const int OldLines = 20_000;
    private const int MaximumBytes = 16 * 1024 * 1024;
    private const int MaximumLines = 200_000;

    /// <summary>Which limits a text exceeds: those that no agent lifts, and those of older agents alone.</summary>
    /// <param name="bytes">The text in bytes of UTF-8.</param>
    /// <param name="lines">Its lines.</param>
    /// <param name="longest">The characters of the longest line.</param>
    internal static IEnumerable<(bool OfAllAgents, string Problem)> Exceeded(int bytes, int lines, int longest)
    {
        foreach (var (value, old, now, what) in new[]
        {
            (longest, AgentPolicyText.LineLimit, MaximumLine, "characters of the longest line"), (bytes, OldBytes, MaximumBytes, "bytes"),
            (lines, OldLines, MaximumLines, "lines"),
        })
        {
            if (value > now)
            {
                yield return (true, $"{what}: {value.ToString(CultureInfo.InvariantCulture)}, and agents read at most {now}");
            }
            else if (value > old)
            {
                yield return (false, $"{what}: {value.ToString(CultureInfo.InvariantCulture)}, and agents before Kata 3.24 read at most {old}");
            }
        }
    }
}
