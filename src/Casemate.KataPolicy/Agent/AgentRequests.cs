using System.Diagnostics.CodeAnalysis;
using Casemate.KataPolicy.Manifests;

namespace Casemate.KataPolicy;

/// <summary>All requests of the Kata agent that a policy decides on, of all supported versions.</summary>
public static class AgentRequests
{
    private const string Ending = "Request";

    private static readonly string[] s_allowed =
    [
        "DestroySandboxRequest", "GetOOMEventRequest", "GuestDetailsRequest", "OnlineCPUMemRequest", "RemoveContainerRequest",
        "RemoveStaleVirtiofsShareMountsRequest", "SignalProcessRequest", "StartContainerRequest", "StatsContainerRequest",
        "TtyWinResizeRequest", "WaitProcessRequest",
    ];

    private static readonly string[] s_denied =
    [
        "AddARPNeighborsRequest", "AddSwapPathRequest", "AddSwapRequest", "CloseStdinRequest", "CopyFileRequest", "CreateContainerRequest",
        "CreateSandboxRequest", "ExecProcessRequest", "GetDiagnosticDataRequest", "GetIPTablesRequest", "GetMetricsRequest",
        "ListInterfacesRequest", "ListRoutesRequest", "MemAgentCompactConfig", "MemAgentMemcgConfig", "MemHotplugByProbeRequest",
        "PauseContainerRequest", "ReadStreamRequest", "ReseedRandomDevRequest", "ResizeVolumeRequest", "ResumeContainerRequest",
        "SetGuestDateTimeRequest", "SetIPTablesRequest", "SetPolicyRequest", "SetSandboxHostsRequest", "StartTracingRequest",
        "StopTracingRequest", "UpdateContainerRequest", "UpdateEphemeralMountsRequest", "UpdateInterfaceRequest", "UpdateRoutesRequest",
        "VolumeStatsRequest", "WriteStreamRequest",
    ];

    /// <summary>Names, in order, and whether the request is harmless enough to be allowed unless a rule says otherwise.</summary>
    public static IReadOnlyList<(string Name, bool AllowedByDefault)> All { get; } =
        [.. s_allowed.Select(name => (name, true)).Concat(s_denied.Select(name => (name, false))).OrderBy(one => one.Item1,
            StringComparer.Ordinal)];

    /// <summary>Whether the name is one of them.</summary>
    public static bool Contains(string name) => s_allowed.Contains(name) || s_denied.Contains(name);

    /// <summary>Finds a request by its name, or by its name without <c>Request</c> at the end.</summary>
    /// <param name="name">The name, such as <c>CreateContainer</c>.</param>
    /// <param name="kind">The whole name, such as <c>CreateContainerRequest</c>; null when there is none.</param>
    /// <param name="error">What is wrong, with the name that was probably meant; null after success.</param>
    public static bool TryFind(string name, [NotNullWhen(true)] out string? kind, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(name);
        kind = Contains(name) ? name : Contains(name + Ending) ? name + Ending : null;
        error = null;
        if (kind is null)
        {
            var near = Spelling.Nearest(name, All.Select(one => one.Name)) ?? Spelling.Nearest(name + Ending, All.Select(one => one.Name));
            error = $"'{ShownText.Of(name)}' is no request of the agent{(near is null ? "" : $"; did you mean {near}?")}";
        }

        return kind is not null;
    }
}
