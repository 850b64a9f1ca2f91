namespace Casemate.Node.NodeObject;

/// <summary>How the agent looks after its Node.</summary>
public sealed record NodeObjectSettings
{
    /// <summary>The Node's name.</summary>
    public required string NodeName { get; init; }

    /// <summary>
    /// Removes the startup taint as soon as the scheduler sees what is offered and nothing else stands in the way, <b>without anybody
    /// having attested the node</b>. Has no meaning where somebody attests. Default false: then only an attestation removes it.
    /// </summary>
    public bool OpenUnattestedWhenReady { get; init; }

    /// <summary>How long a node may stay closed by <see cref="NodeMarks.StartupTaint"/>. Default 15 minutes.</summary>
    public TimeSpan StartupDeadline { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>What happens then. Default <see cref="StartupDeadlineAction.Keep"/>.</summary>
    public StartupDeadlineAction DeadlineAction { get; init; }

    /// <summary>How soon the scheduler must see what is offered. Default 30 s.</summary>
    public TimeSpan AdvertisedWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After how long an attested node is attested again. Default 24 h.</summary>
    public TimeSpan AttestAgainAfter { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The wait after the first failed attestation; it doubles up to <see cref="LongestAttestationWait"/>. Default 30 s.</summary>
    public TimeSpan FirstAttestationWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait after a failed attestation. Default 10 minutes.</summary>
    public TimeSpan LongestAttestationWait { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long one attestation may take. Default 2 minutes.</summary>
    public TimeSpan AttestationTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often in an hour a value of somebody else is overwritten; then the condition alone says so. Default 3.</summary>
    public int RestoresAgainstOthers { get; init; } = 3;

    /// <summary>How often in ten minutes a value that the kubelet set to 0, or that is gone, is written again. Default 30.</summary>
    public int RestoresAfterKubelet { get; init; } = 30;

    /// <summary>Every value that cannot be used, with what to write instead; empty when all can.</summary>
    public IEnumerable<string> Problems()
    {
        if (!NodeAgentOptions.IsNodeName(NodeName))
        {
            yield return $"NodeName is '{NodeName}': it has to be the name of the Node object (a-z, 0-9, '-' and '.').";
        }

        if (StartupDeadline <= TimeSpan.Zero)
        {
            yield return $"{nameof(StartupDeadline)} is {StartupDeadline}: use more than nothing (default 15 minutes).";
        }
    }
}
