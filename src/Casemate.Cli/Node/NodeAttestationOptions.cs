namespace Casemate.Cli.Node;

/// <summary>Who attests the node.</summary>
internal sealed record NodeAttestationOptions
{
    /// <summary>The service, https, or http on loopback.</summary>
    public required Uri Address { get; init; }

    /// <summary>The only TLS certificate that it may show, DER; null: the system's authorities decide.</summary>
    public ReadOnlyMemory<byte>? PinnedCertificate { get; init; }

    /// <summary>True on described hardware: evidence that the service calls simulated opens such a node, and never another.</summary>
    public bool NodeIsSimulated { get; init; }
}
