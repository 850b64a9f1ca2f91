namespace Casemate.Node.Discovery;

/// <summary>Looks at a machine once. Reads only; never throws for what it reads.</summary>
/// <param name="sources">What to look at.</param>
public sealed class HardwareScanner(NodeSources sources)
{
    private const uint HypervisorBit = 1u << 31;

    /// <summary>What is looked at.</summary>
    public NodeSources Sources { get; } = sources ?? throw new ArgumentNullException(nameof(sources));

    /// <summary>Finds out what trusted hardware the machine has.</summary>
    public NodeHardware Scan()
    {
        var look = new ScanNotes(Sources);
        var virtualMachine = (Sources.Cpuid.Read(1, 0).Ecx & HypervisorBit) != 0;
        var misc = MiscFile.ReadCapacity(look);
        var sgx = new SgxScan(look).Scan(misc, virtualMachine);
        var guests = new ConfidentialGuestScan(look, misc, virtualMachine);
        return new NodeHardware
        {
            Machine = Sources.Machine,
            Simulated = Sources.Simulated,
            VirtualMachine = virtualMachine,
            Sgx = sgx,
            SnpHost = guests.ScanSnpHost(),
            SnpGuest = guests.ScanSnpGuest(),
            TdxHost = guests.ScanTdxHost(),
            TdxGuest = guests.ScanTdxGuest(),
            ConfigfsTsm = guests.ConfigfsTsm,
            MiscCapacity = misc,
            Findings = look.Findings,
        };
    }
}
