namespace Casemate.Node.Discovery;

/// <summary>Everything that a scan looks at.</summary>
/// <param name="Machine">What to call the machine.</param>
/// <param name="Simulated">True when the machine is described by files.</param>
/// <param name="Files">sysfs, procfs and the kernel's configuration.</param>
/// <param name="Devices">The device nodes.</param>
/// <param name="Cpuid">The processor.</param>
public sealed record NodeSources(string Machine, bool Simulated, ISystemFiles Files, IDeviceDirectory Devices, ICpuid Cpuid)
{
    /// <summary>This machine.</summary>
    /// <param name="roots">Where its trees are mounted.</param>
    public static NodeSources OfHost(NodeRoots roots)
    {
        ArgumentNullException.ThrowIfNull(roots);
        return new NodeSources("this machine", false, new HostSystemFiles(roots), new HostDeviceDirectory(roots), new HostCpuid());
    }
}
