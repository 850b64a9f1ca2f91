using Casemate.Broker;
using Casemate.Simulator;

namespace Casemate.Cli.Run;

/// <summary>The policy that admits one measured command and nothing else, whichever kind of TEE it pretends to run in.</summary>
internal static class PinnedPolicy
{
    /// <summary>Makes the policy.</summary>
    public static AppraisalPolicy Of(CommandMeasurement measurement)
    {
        var evidence = AppraisalPolicy.Default.Evidence;
        return AppraisalPolicy.Default with
        {
            Name = "pinned",
            Evidence = evidence with
            {
                Sgx = evidence.Sgx with { MrEnclaves = [measurement.MrEnclave] },
                Tdx = evidence.Tdx with { MrTds = [measurement.MrTd] },
                Snp = evidence.Snp with { Measurements = [measurement.Measurement] },
            },
        };
    }
}
