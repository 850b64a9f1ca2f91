namespace Casemate.Cli.Verify;

/// <summary>
/// The advisories that TCB levels of SGX and TDX platforms name most often, in our own words. Not complete and not authoritative:
/// each entry is printed beside the link to Intel's page.
/// </summary>
internal static class AdvisoryTable
{
    private const string Microcode = "Load the platform vendor's BIOS with newer microcode, then fetch a new PCK certificate.";
    private const string MicrocodeAndSoftware =
        "Update BIOS and microcode; build the enclave with a toolchain that carries the mitigation. "
        + "The status says SWHardeningNeeded for it.";

    private const string MicrocodeAndSmt =
        "Update BIOS and microcode; where siblings are not trusted, switch hyperthreading off. The status says ConfigurationNeeded for it.";

    private const string Module = "Update the TDX module (usually with the BIOS or the host's packages) and relaunch the TDs.";

    public static IReadOnlyDictionary<string, Advisory> ById { get; } = new[]
    {
        Entry("00088", "Speculative execution can be steered by another program (Spectre, Meltdown).", MicrocodeAndSoftware),
        Entry(
            "00115", "Loads can run ahead of older stores, and system registers can be read speculatively (SSB, RSRE).",
            MicrocodeAndSoftware),
        Entry("00161", "Data in the first-level cache leaks through a terminal fault (L1TF, Foreshadow).", MicrocodeAndSmt),
        Entry(
            "00202", "A cryptographic library leaks keys through its timing.",
            "Rebuild the enclave with an updated cryptographic library."),
        Entry("00219", "Processor graphics can reach memory that an enclave shares a cache line with.", MicrocodeAndSoftware),
        Entry("00220", "A privileged local user can get past SGX and TXT protections through BIOS memory.", Microcode),
        Entry("00233", "Data passes through internal buffers to a sibling thread or a later program (MDS).", MicrocodeAndSmt),
        Entry("00270", "An aborted memory transaction leaks data from internal buffers (TAA).", MicrocodeAndSmt),
        Entry(
            "00289", "Software can lower the core voltage until an enclave computes wrongly (Plundervolt).",
            "Update BIOS and microcode; voltage control must be locked in the BIOS."),
        Entry("00320", "Values of special registers, random numbers among them, leak to other cores (SRBDS).", Microcode),
        Entry("00329", "Data evicted from the first-level cache or left in vector registers leaks (L1DES, VRS).", MicrocodeAndSmt),
        Entry("00334", "An attacker can inject values into loads that fault inside an enclave (LVI).", MicrocodeAndSoftware),
        Entry("00381", "Vector registers and the store forwarder leak stale data.", Microcode),
        Entry("00389", "Power readings tell what an enclave computes (PLATYPUS).", Microcode),
        Entry("00614", "Physical probing of a debug interface can reach SGX data.", Microcode),
        Entry("00615", "Stale data leaks through memory-mapped I/O (MMIO stale data).", MicrocodeAndSoftware),
        Entry("00617", "The processor may optimise away code that must run for security.", Microcode),
        Entry("00657", "The legacy interrupt controller window returns stale data, enclave data included (AEPIC leak).", Microcode),
        Entry("00730", "Memory keys are calculated wrongly by microcode of some Xeon processors.", Microcode),
        Entry("00738", "Memory controllers of some Xeon processors are configured with too wide permissions when SGX is on.", Microcode),
        Entry("00767", "Resources shared between cores are not isolated well enough for SGX.", Microcode),
        Entry("00828", "Gather instructions return data of other programs (Downfall, GDS).", Microcode),
        Entry("00837", "Injected errors can be used against SGX and TDX on some Xeon processors.", Microcode),
        Entry("00898", "Register file contents of some efficient cores leak (RFDS).", Microcode),
        Entry("00950", "A sequence of redundant prefixes breaks the processor's state (Reptar).", Microcode),
        Entry("00960", "A protection mechanism of SGX and TDX fails on some Xeon processors.", Microcode),
        Entry("00982", "Return predictions are shared between contexts.", Microcode),
        Entry("00986", "A debug and test interface of some Xeon processors is open too far for SGX and TDX.", Microcode),
        Entry("01036", "The TDX module checks some inputs too little.", Module),
        Entry("01079", "Memory controllers of some Xeon processors check conditions too little when SGX is on.", Microcode),
        Entry("01099", "The TDX module has flaws that a newer module closes.", Module),
        Entry("01103", "Energy readings differ in ways that tell what is computed.", Microcode),
    }.ToDictionary(advisory => advisory.Id, StringComparer.OrdinalIgnoreCase);

    private static Advisory Entry(string number, string meaning, string action) => new($"INTEL-SA-{number}", meaning, action);
}
