namespace Casemate.KataPolicy;

/// <summary>
/// What one pod may do, as data: the last statement of an agent policy, <c>policy_data := {…}</c>. The rules compare requests with it, and
/// Trustee reads it as JSON. Names on the wire are those of upstream's generator; members of Casemate's own are marked as such.
/// </summary>
/// <remarks>
/// <para>
/// Texts may hold placeholders, which the rules fill in from the request: <c>$(bundle-id)</c>, <c>$(sandbox-id)</c>,
/// <c>$(sandbox-name)</c>,
/// <c>$(sandbox-namespace)</c>, <c>$(cpath)</c>, <c>$(sfprefix)</c>, <c>$(spath)</c>, <c>$(b64_device_id)</c>, <c>$(root_path)</c>; and in
/// environment and arguments <c>$(host-name)</c>, <c>$(node-name)</c>, <c>$(pod-ip)</c>, <c>$(host-ip)</c>, <c>$(pod-uid)</c>,
/// <c>$(resource-field)</c>, <c>$(todo-annotation)</c>.
/// </para>
/// <para>Record equality compares lists by reference; compare <see cref="PolicyDataText.Write"/> instead.</para>
/// </remarks>
public sealed record PolicyData
{
    /// <summary>The pause container first, then init containers (sidecars among them) in their order, then the others in theirs.</summary>
    public required IReadOnlyList<ContainerPolicy> Containers { get; init; }

    /// <summary>Paths, patterns and lists that several rules share.</summary>
    public CommonPolicy Common { get; init; } = new();

    /// <summary>What the sandbox itself may be given.</summary>
    public SandboxPolicy Sandbox { get; init; } = new();

    /// <summary>Requests that are allowed only as far as they are written down.</summary>
    public RequestDefaults RequestDefaults { get; init; } = new();

    /// <summary>How devices that are passed through look.</summary>
    public DevicesPolicy Devices { get; init; } = new();

    /// <summary>What of the cluster the policy was made for.</summary>
    public ClusterConfig ClusterConfig { get; init; } = new();
}
