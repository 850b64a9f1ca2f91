namespace Casemate.Kubernetes;

/// <summary>What one unit of a resource name stands for.</summary>
public enum EpcUnit
{
    /// <summary>1,048,576 bytes.</summary>
    MiB,

    /// <summary>One byte.</summary>
    Byte,
}
