namespace Casemate.Serve.Guest;

/// <summary>How the guest API listens. Always on the loopback address: whoever reaches it receives the workload's secrets.</summary>
public sealed record GuestApiOptions
{
    /// <summary>The port that Confidential Containers use inside a guest.</summary>
    public const int DefaultPort = 8006;

    /// <summary>The port on 127.0.0.1; 0 takes any free one. Default: <see cref="DefaultPort"/>.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>What is offered. Default: both halves.</summary>
    public GuestApiFeatures Features { get; init; }

    /// <summary>The version shown by <c>/info</c>.</summary>
    public required string Version { get; init; }
}
