namespace Casemate.Node.Discovery;

/// <summary>How a driver is called where workloads choose a node by it: in a label, and in an attribute of a device.</summary>
internal static class SgxDriverWord
{
    /// <summary>The word for a driver.</summary>
    public static string Word(this SgxDriver driver) => driver switch
    {
        SgxDriver.None => "none",
        SgxDriver.InKernel => "in-kernel",
        SgxDriver.Dcap => "dcap",
        SgxDriver.DcapEarly => "dcap-early",
        SgxDriver.Isgx => "isgx",
        SgxDriver.Gsgx => "gsgx",
        _ => throw new InvalidOperationException($"Driver {driver} has no word."),
    };
}
