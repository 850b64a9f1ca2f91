using Casemate.Attestation;
using Casemate.Kubernetes;
using Casemate.Node.Discovery;
using Casemate.Quoting.Simulated;

namespace Casemate.Cli.Doctor;

/// <summary>The machine that is looked at, and where its parts are.</summary>
internal sealed class ExaminedNode
{
    private readonly Lazy<NodeHardware> _hardware;

    /// <summary>Names a machine; nothing is read yet.</summary>
    public ExaminedNode(NodeSources sources)
    {
        Sources = sources;
        _hardware = new Lazy<NodeHardware>(() => new HardwareScanner(Sources).Scan());
    }

    /// <summary>The hardware's files.</summary>
    public NodeSources Sources { get; }

    /// <summary>What a scan found.</summary>
    public NodeHardware Hardware => _hardware.Value;

    /// <summary>Whether the machine is described: the kubelet, sockets and collateral of this one say nothing of it, unless they are named.</summary>
    public required bool IsDescribed { get; init; }

    /// <summary>Whether the kubelet's directory is named.</summary>
    public required bool NamesKubelet { get; init; }

    /// <summary>Whether the AESM socket is named.</summary>
    public required bool NamesSocket { get; init; }

    /// <summary>The kubelet's directory.</summary>
    public required string KubeletDirectory { get; init; }

    /// <summary>The AESM socket.</summary>
    public required string AesmSocket { get; init; }

    /// <summary>Where collateral is kept; null: nowhere that is known.</summary>
    public string? CollateralDirectory { get; init; }

    /// <summary>What collateral must be under.</summary>
    public required TrustRoots Roots { get; init; }

    /// <summary>This user's simulated platform; null: none.</summary>
    public SimulatedInstallation? Simulator { get; init; }

    /// <summary>The cluster whose clock is asked; null: none is known.</summary>
    public KubeConfiguration? Cluster { get; init; }

    /// <summary>How long one question may take.</summary>
    public required TimeSpan Limit { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>All questions about a node, in the order in which they depend on each other.</summary>
    public IReadOnlyList<DoctorCheck> Checks =>
    [
        .. new HardwareChecks(this).All, .. new SystemChecks(this).All, .. new KubeletChecks(this).All, .. new PluginChecks(this).All,
        .. new QuoteChecks(this).All, .. new CollateralChecks(this).All,
    ];

    /// <summary>The questions that this machine can be asked.</summary>
    public IEnumerable<DoctorCheck> Possible => Checks.Where(check => WhyNot(check.Id) is null);

    /// <summary>Why a question cannot be asked of a described machine; null where it can.</summary>
    public string? WhyNot(DoctorFindingId id) => !IsDescribed ? null : id switch
    {
        >= DoctorFindingId.KubeletDirectory and <= DoctorFindingId.PluginRivals when !NamesKubelet =>
            "a described machine has no kubelet; --kubelet-dir names the directory of one",
        DoctorFindingId.QuoteSocket or DoctorFindingId.QuoteHelper or DoctorFindingId.QuoteSimulated or DoctorFindingId.EvidenceSocket
            when !NamesSocket => "a described machine has no sockets; --socket names one",
        DoctorFindingId.CollateralFresh when CollateralDirectory is null =>
            "a described machine keeps no collateral; --collateral names a directory of it",
        DoctorFindingId.Clock when Cluster is null => "a described machine has no clock; with --kubeconfig or --context this one's is compared",
        _ => null,
    };
}
