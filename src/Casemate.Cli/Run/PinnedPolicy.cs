using System.Collections.Immutable;
using Casemate.Attestation;
using Casemate.Broker;
using Casemate.KataPolicy.Initdata;
using Casemate.Simulator;

namespace Casemate.Cli.Run;

/// <summary>The policy that admits one measured command and nothing else, whichever kind of TEE it pretends to run in; with initdata, the kind that carried it.</summary>
internal static class PinnedPolicy
{
    /// <summary>Makes the policy.</summary>
    /// <param name="measurement">The command's measurement.</param>
    /// <param name="bound">The field that its evidence carries for its initdata; null for a command without.</param>
    public static AppraisalPolicy Of(CommandMeasurement measurement, BoundField? bound = null)
    {
        ImmutableArray<byte[]> For(Tee tee) => bound is not null && bound.Target == VerdictJson.NameOf(tee) ? [[.. bound.Value]] : [];
        var evidence = AppraisalPolicy.Default.Evidence;
        return AppraisalPolicy.Default with
        {
            Name = "pinned",

            // Evidence of another kind would have to carry its own field: without one it says nothing of the initdata.
            AcceptedTees = bound is null ? AppraisalPolicy.Default.AcceptedTees : [bound.Target],
            Evidence = evidence with
            {
                Sgx = evidence.Sgx with { MrEnclaves = [measurement.MrEnclave] },
                Tdx = evidence.Tdx with { MrTds = [measurement.MrTd], MrConfigIds = For(Tee.Tdx) },
                Snp = evidence.Snp with { Measurements = [measurement.Measurement], HostData = For(Tee.Snp) },
            },
        };
    }
}
