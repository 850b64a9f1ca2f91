using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Casemate.Rego;

namespace Casemate.KataPolicy;

/// <summary>Looks whether agents of all supported versions can read a policy, and whether it decides on every request.</summary>
public static partial class PolicyCheck
{
    /// <summary>Looks at a policy.</summary>
    /// <param name="text">The Rego text.</param>
    public static PolicyCheckResult Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (problems, warnings) = (new List<string>(), new List<string>());
        var lines = text.Split('\n');
        var bytes = Encoding.UTF8.GetBytes(text);
        var longest = lines.Max(line => line.Length);
        foreach (var (ofAllAgents, problem) in PolicyLimits.Exceeded(bytes.Length, lines.Length, longest))
        {
            (ofAllAgents ? problems : warnings).Add(problem);
        }

        if (!AgentPolicy.TryCompile(text, out var policy, out var errors))
        {
            problems.AddRange(errors.Select(error => $"the agent's dialect of Rego refuses it: {error}"));
        }
        else
        {
            if (!AgentPolicy.TryCompile(text, out _, out errors, RegoVersion.V1))
            {
                warnings.Add($"the newer dialect of Rego refuses it, which agents may read some day: {errors[0]}");
            }

            problems.AddRange(UnknownFunctions(text, policy).Select(name => $"it calls '{name}', which the agent's engine does not have"));
            problems.AddRange(Undecided(policy).Select(name => $"it has no rule for {name}: the agent answers with an error"));
            if (policy.AllowsFailingRequests)
            {
                problems.Add("AllowRequestsFailingPolicy is true: what the policy denies is allowed, so it protects nothing");
            }
        }

        if (!PolicyDataText.TryReadPolicy(text, out var data, out var error))
        {
            warnings.Add($"its data cannot be read, so it cannot be explained or attacked: {error}");
        }
        else
        {
            problems.AddRange(PolicyDataProblems.Find(data));
            warnings.AddRange(data.Containers.Where(one => one.Image is null).Select(one => $"the image of container '{one.Name}' is not bound"));
        }

        return new PolicyCheckResult
        {
            Problems = problems,
            Warnings = warnings,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)),
            Bytes = bytes.Length,
            CompressedBytes = Compressed(bytes),
            Lines = lines.Length,
            LongestLine = longest,
            Policy = policy,
            Data = data,
        };
    }

    /// <summary>The requests on which a policy should decide and has no rule for; all of them where its package is another one.</summary>
    /// <param name="policy">The policy.</param>
    public static IReadOnlyList<string> Undecided(AgentPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return [.. AgentRequests.All.Select(one => one.Name).Where(name => !policy.Decides(name) && !IsRecent(name))];
    }

    /// <summary>The same in a sentence; null where it decides on all of them.</summary>
    /// <param name="policy">The policy.</param>
    public static string? UndecidedSentence(AgentPolicy policy)
    {
        const int shown = 3;
        var names = Undecided(policy);
        var more = names.Count > shown ? $" and {names.Count - shown} others" : "";
        return names.Count == 0 ? null
            : AgentRequests.All.All(one => !policy.Decides(one.Name))
                ? "it has no rule for any request in the package agent_policy: the agent answers each of them with an error, and no container starts"
            : $"it has no rule for {string.Join(", ", names.Take(shown))}{more}: the agent answers with an error";
    }

    /// <summary>Functions that the text calls and neither defines nor finds in the agent's engine.</summary>
    internal static IEnumerable<string> UnknownFunctions(string text, AgentPolicy policy) => Call()
        .Matches(Quiet().Replace(text[..Math.Max(0, PolicyDataText.FindMarker(text) is var at and >= 0 ? at : text.Length)], "\"\""))
        .Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal)
        .Where(name => !policy.Decides(name) && !AgentEngine.Functions.Contains(name)).Order(StringComparer.Ordinal);

    // Requests that only the newest agents make: a policy of before need not name them.
    private static bool IsRecent(string name) => name is "SetSandboxHostsRequest" or "GetDiagnosticDataRequest" or "MemAgentCompactConfig"
        or "MemAgentMemcgConfig" or "AddSwapPathRequest" or "ResizeVolumeRequest" or "VolumeStatsRequest" or "GetIPTablesRequest" or "SetIPTablesRequest";

    private static int Compressed(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return (int)stream.Length;
    }

    [GeneratedRegex(@"([A-Za-z_][A-Za-z0-9_.]*)\(", RegexOptions.NonBacktracking)]
    private static partial Regex Call();

    // Strings, raw strings and comments, in which a call is none.
    [GeneratedRegex(@"""(?:[^""\\\n]|\\.)*""|`[^`]*`|#[^\n]*", RegexOptions.NonBacktracking)]
    private static partial Regex Quiet();
}
