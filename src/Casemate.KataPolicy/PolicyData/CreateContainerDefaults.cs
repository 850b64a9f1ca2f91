namespace Casemate.KataPolicy;

/// <summary>More that containers may have than the pod says.</summary>
public sealed record CreateContainerDefaults
{
    /// <summary>Patterns of whole variables, with <c>$(ipv4_a)</c>, <c>$(ip_p)</c>, <c>$(svc_name)</c> and <c>$(dns_label)</c>.</summary>
    public IReadOnlyList<string> AllowEnvRegex { get; init; } =
    [
        "^HOSTNAME=$(dns_label)$", "^$(svc_name)_PORT_$(ip_p)_(TCP|UDP|SCTP)=(tcp|udp|sctp)://$(ipv4_a):$(ip_p)$",
        "^$(svc_name)_PORT_$(ip_p)_(TCP|UDP|SCTP)_PROTO=(tcp|udp|sctp)$", "^$(svc_name)_PORT_$(ip_p)_(TCP|UDP|SCTP)_PORT=$(ip_p)$",
        "^$(svc_name)_PORT_$(ip_p)_(TCP|UDP|SCTP)_ADDR=$(ipv4_a)$", "^$(svc_name)_SERVICE_HOST=$(ipv4_a)$",
        "^$(svc_name)_SERVICE_PORT(_[A-Z0-9_]+)?=$(ip_p)$", "^$(svc_name)_PORT=(tcp|udp|sctp)://$(ipv4_a):$(ip_p)$",
    ];

    /// <summary>Options that a mount of cgroups may have beyond those of the policy.</summary>
    public IReadOnlyList<string> CgroupMountExtrasAllowed { get; init; } = [];
}
