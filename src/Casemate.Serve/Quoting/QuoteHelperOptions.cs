using System.Collections.Immutable;
using Casemate.Attestation;
using Casemate.Quoting;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Qgs;
using Casemate.Quoting.Service;
using Casemate.Quoting.Service.Audit;
using Casemate.Quoting.Service.Peers;

namespace Casemate.Serve.Quoting;

/// <summary>What a <see cref="QuoteHelper"/> needs and how it behaves. Back ends stay their owner's to dispose.</summary>
public sealed record QuoteHelperOptions
{
    /// <summary>Makes the quotes of enclaves; without SGX a <see cref="NoEnclaveProvider"/>.</summary>
    public required IQuoteProvider Provider { get; init; }

    /// <summary>Makes the quotes of TDs; needed for <see cref="QgsPath"/> and <see cref="QgsVsockPort"/>.</summary>
    public ITdQuoteProvider? TdProvider { get; init; }

    /// <summary>Evidence that the node makes of itself, for the evidence endpoint.</summary>
    public ImmutableArray<NodeEvidenceSource> Sources { get; init; } = [];

    /// <summary>Where the evidence endpoint takes collateral from; null: it has none.</summary>
    public ICollateralSource? Collateral { get; init; }

    /// <summary>Absolute paths of AESM sockets. Default: where clients look.</summary>
    public ImmutableArray<string> Sockets { get; init; } = [AesmServer.DefaultPath];

    /// <summary>
    /// Absolute path of a directory with one directory for each allocation of a device, in each of which a socket <c>aesm.socket</c> is
    /// kept; null: none.
    /// </summary>
    public string? Allocations { get; init; }

    /// <summary>Knows which pod holds an allocation; null: nobody does, and each allocation still has its own turn.</summary>
    public IAllocationDirectory? AllocationDirectory { get; init; }

    /// <summary>Whether to listen on the abstract AESM socket as well, which pods with <c>hostNetwork</c> reach. Default: false.</summary>
    public bool Abstract { get; init; }

    /// <summary>Absolute path of the QGS socket; null: none.</summary>
    public string? QgsPath { get; init; }

    /// <summary>Port of QGS on vsock; null: none.</summary>
    public uint? QgsVsockPort { get; init; }

    /// <summary>Absolute path of the evidence endpoint's socket; null: none.</summary>
    public string? EvidenceSocket { get; init; }

    /// <summary>ADDRESS:PORT of loopback, or absolute path of a socket, for health and metrics; null: none.</summary>
    public string? Health { get; init; }

    /// <summary>The file of the audit log; null: no record is kept.</summary>
    public string? AuditPath { get; init; }

    /// <summary>Size and safety of the audit log.</summary>
    public QuoteAuditLogOptions Audit { get; init; } = new();

    /// <summary>Limits of the queue.</summary>
    public QuoteServiceOptions Service { get; init; } = new();

    /// <summary>Limits of connections.</summary>
    public AesmServerOptions Aesm { get; init; } = new();

    /// <summary>Finds the pod behind a connection. Default: nobody does.</summary>
    public IPeerResolver Peers { get; init; } = CredentialPeerResolver.Instance;

    /// <summary>How long requests under way have to end at a stop. Default: 10 s.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Every value that cannot be used, with what to write instead; empty when all can.</summary>
    public IEnumerable<string> Problems()
    {
        if (Sockets.IsDefaultOrEmpty && Allocations is null && !Abstract && QgsPath is null && QgsVsockPort is null && EvidenceSocket is null)
        {
            yield return "Sockets is empty: name at least one socket.";
        }

        foreach (var path in Sockets.Append(QgsPath).Append(EvidenceSocket).Append(Allocations)
            .Where(path => path is not null && !path.StartsWith('/')))
        {
            yield return $"'{path}' is not an absolute path.";
        }

        if ((QgsPath is not null || QgsVsockPort is not null) && TdProvider is null)
        {
            yield return "QgsPath or QgsVsockPort is set, but the back end makes no quotes of TDs.";
        }

        if (Health is { } health && !health.StartsWith('/') && ListenAddress.TryParse(health) is not { IsLoopback: true })
        {
            yield return $"Health is '{health}': use ADDRESS:PORT of loopback, such as 127.0.0.1:9464, or the path of a socket.";
        }

        foreach (var problem in Service.Problems().Concat(Aesm.Problems()))
        {
            yield return problem;
        }
    }
}
