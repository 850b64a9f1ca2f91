namespace Casemate.KataPolicy;

/// <summary>All requests of the Kata agent that a policy decides on, of all supported versions.</summary>
public static class AgentRequests
{
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
}
