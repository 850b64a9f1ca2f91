namespace Casemate.KataPolicy;

/// <summary>What a look at a policy's text found.</summary>
public sealed record PolicyCheckResult
{
    /// <summary>What an agent would stumble over; empty when the policy is well-formed.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>What deserves a look.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>SHA-256 of the text, in hexadecimal: HOST_DATA of a guest that gets the policy itself.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The text in bytes.</summary>
    public required int Bytes { get; init; }

    /// <summary>The text in bytes after gzip.</summary>
    public required int CompressedBytes { get; init; }

    /// <summary>The lines.</summary>
    public required int Lines { get; init; }

    /// <summary>The longest line in characters.</summary>
    public required int LongestLine { get; init; }

    /// <summary>The policy; null when it does not compile.</summary>
    public AgentPolicy? Policy { get; init; }

    /// <summary>The data; null when the policy is not of Casemate's making.</summary>
    public PolicyData? Data { get; init; }
}
