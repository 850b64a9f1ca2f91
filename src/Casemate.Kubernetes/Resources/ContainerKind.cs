namespace Casemate.Kubernetes;

/// <summary>When a container of a pod runs.</summary>
public enum ContainerKind
{
    /// <summary>For the pod's life.</summary>
    Main = 0,

    /// <summary>Before the main containers, alone.</summary>
    Init,

    /// <summary>An init container with restart policy Always (a sidecar): from its turn on for the pod's life.</summary>
    RestartableInit,
}
