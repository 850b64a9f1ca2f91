namespace Casemate.Admission;

/// <summary>Where the members of a review that are needed stand in its bytes. Source: Kubernetes, <c>admission.k8s.io/v1</c>.</summary>
internal struct ReviewRequest
{
    public Range Uid;
    public Range Namespace;
    public Range Name;
    public Range Operation;
    public Range Resource;
    public Range SubResource;
    public Range Object;
    public bool DryRun;

    /// <summary>A pod that is being made: everything in it can still be changed.</summary>
    public readonly bool IsNewPod(ReadOnlySpan<byte> body) => body[Resource].SequenceEqual("pods"u8) && body[SubResource].IsEmpty
        && body[Operation].SequenceEqual("CREATE"u8);

    /// <summary>A pod that gets an ephemeral container.</summary>
    public readonly bool IsDebuggedPod(ReadOnlySpan<byte> body) => body[Resource].SequenceEqual("pods"u8)
        && body[SubResource].SequenceEqual("ephemeralcontainers"u8);
}
