namespace Casemate.Node.Discovery;

/// <summary>Who said how much EPC there is.</summary>
public enum EpcSource
{
    /// <summary>Nobody whom one can believe: no driver owns EPC.</summary>
    None,

    /// <summary>The kernel, by NUMA node: <c>/sys/devices/system/node/node*/x86/sgx_total_bytes</c> (Linux 5.17 and later).</summary>
    Sysfs,

    /// <summary>The processor, while a driver's device node is there but the kernel does not tell.</summary>
    Cpuid,
}
