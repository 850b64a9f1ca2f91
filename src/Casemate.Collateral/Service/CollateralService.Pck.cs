using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;

namespace Casemate.Collateral.Service;

/// <content>PCK certificates.</content>
public sealed partial class CollateralService
{
    private const int MaximumPlatformsInMemory = 10_000;
    private const int MaximumSelections = 64;

    private readonly ConcurrentDictionary<(string QeId, string PceId), ProvisionedPlatform> _platforms = new();
    private readonly ConditionalWeakTable<StoredCollateral, PckSelection> _selections = [];

    /// <summary>
    /// Finds the PCK certificate for a machine's raw TCB: from all certificates of the machine where an upstream gives them, and
    /// otherwise the one that an upstream chooses.
    /// </summary>
    /// <param name="query">The machine and its TCB.</param>
    /// <param name="fetch">Whether upstreams may be asked.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="ArgumentException">A field of the query is not hex of its size.</exception>
    public async ValueTask<PckCertificateOutcome> GetPckCertificateAsync(
        PckQuery query, CollateralFetch fetch = CollateralFetch.WhenMissing, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var oneKey = CollateralKey.PckCertificate(query.QeId, query.PceId, query.CpuSvn, query.PceSvn);
        var known = await ReadPlatformAsync(oneKey.QeId, oneKey.PceId, cancellationToken).ConfigureAwait(false);
        var platform = Merge(known, oneKey, query);
        var all = await GetAsync(new CollateralRequest(platform.CertificatesKey, platform), fetch, cancellationToken).ConfigureAwait(false);
        if (all.HasCollateral)
        {
            return await SelectAsync(platform, known, all, oneKey, fetch, cancellationToken).ConfigureAwait(false);
        }

        var one = all.Status is CollateralStatus.NotFound
            ? await GetAsync(new CollateralRequest(oneKey, platform), fetch, cancellationToken).ConfigureAwait(false)
            : all;
        if (one.Collateral is { } certificate)
        {
            var selection = SelectionOf(certificate);
            return new PckCertificateOutcome(one.Status, selection.Answer(selection.Set.Entries[0]), one.Problem, one.RetryAfter);
        }

        var unknown = one.Status is CollateralStatus.NotFound && platform is { EncryptedPpid: "", PlatformManifest: "" };
        return new PckCertificateOutcome(
            unknown || (one.Status is CollateralStatus.NotFound && known is null) ? CollateralStatus.PlatformUnknown
                : one.Status is CollateralStatus.NotFound ? CollateralStatus.CertificateUnavailable
                : one.Status,
            Problem: one.Status is CollateralStatus.NotFound && all.Problem.Length > 0 ? all.Problem : one.Problem,
            RetryAfter: one.RetryAfter);
    }

    /// <summary>
    /// Registers a machine: keeps what identifies it to a provisioning service and, if upstreams may be asked, fetches its certificates
    /// now.
    /// </summary>
    /// <param name="query">The machine and its TCB; an encrypted PPID or a manifest is needed to fetch.</param>
    /// <param name="fetch">Whether upstreams may be asked.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="ArgumentException">A field of the query is not hex of its size.</exception>
    /// <exception cref="CollateralStoreException">The machine cannot be written to the store.</exception>
    public async ValueTask<PckCertificateOutcome> RegisterPlatformAsync(
        PckQuery query, CollateralFetch fetch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var oneKey = CollateralKey.PckCertificate(query.QeId, query.PceId, query.CpuSvn, query.PceSvn);
        var known = await ReadPlatformAsync(oneKey.QeId, oneKey.PceId, cancellationToken).ConfigureAwait(false);
        await WritePlatformAsync(Merge(known, oneKey, query), known, cancellationToken).ConfigureAwait(false);
        return await GetPckCertificateAsync(query, fetch, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The machines that are known.</summary>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="CollateralStoreException">The store cannot be read.</exception>
    public ValueTask<IReadOnlyList<ProvisionedPlatform>> ListPlatformsAsync(CancellationToken cancellationToken) =>
        _store.ListPlatformsAsync(cancellationToken);

    private async ValueTask<PckCertificateOutcome> SelectAsync(
        ProvisionedPlatform platform, ProvisionedPlatform? known, CollateralOutcome all, CollateralKey oneKey, CollateralFetch fetch,
        CancellationToken cancellationToken)
    {
        var certificates = all.Collateral!;
        var selection = SelectionOf(certificates);
        var tcbInfo = await TcbInfoForSelectionAsync(selection.Set.Fmspc, fetch, cancellationToken).ConfigureAwait(false);
        if (tcbInfo.Collateral is not { } document || selection.With(document) is not { } levels)
        {
            return new PckCertificateOutcome(
                tcbInfo.Status, Problem: $"the certificates cannot be put in order without a TCB info: {tcbInfo.Problem}", RetryAfter: tcbInfo.RetryAfter);
        }

        var answer = levels.Find(oneKey.CpuSvn, oneKey.PceSvn);
        var remembered = platform with
        {
            Fmspc = selection.Set.Fmspc,
            PlatformCa = selection.Set.PlatformCa,
            RawTcbs = Remember(platform, new SelectedTcb(oneKey.CpuSvn, oneKey.PceSvn, answer?.Tcbm ?? "")),
        };
        var problem = await TryWritePlatformAsync(remembered, known, cancellationToken).ConfigureAwait(false);
        return answer is null
            ? new PckCertificateOutcome(
                CollateralStatus.CertificateUnavailable,
                Problem: $"none of the machine's {selection.Set.Entries.Count} certificates is for its TCB or an older one")
            : new PckCertificateOutcome(all.Status, answer, all.Problem.Length > 0 ? all.Problem : problem);
    }

    // The early generation first: it knows the levels of certificates that the standard one does not know yet.
    private async ValueTask<CollateralOutcome> TcbInfoForSelectionAsync(
        string fmspc, CollateralFetch fetch, CancellationToken cancellationToken)
    {
        var once = fetch is CollateralFetch.Never ? CollateralFetch.Never : CollateralFetch.WhenMissing;
        var early = await GetAsync(CollateralKey.TcbInfo(Tee.Sgx, fmspc, TcbUpdate.Early), once, cancellationToken).ConfigureAwait(false);
        return early.HasCollateral
            ? early
            : await GetAsync(CollateralKey.TcbInfo(Tee.Sgx, fmspc), once, cancellationToken).ConfigureAwait(false);
    }

    // When certificates change, the choice for every raw TCB that ever asked is made anew.
    private async ValueTask SelectAgainAsync(
        ProvisionedPlatform platform, StoredCollateral certificates, CancellationToken cancellationToken)
    {
        var selection = SelectionOf(certificates);
        var tcbInfo = await TcbInfoForSelectionAsync(
            selection.Set.Fmspc, CollateralFetch.WhenMissing, cancellationToken).ConfigureAwait(false);
        if (tcbInfo.Collateral is { } document && selection.With(document) is { } levels)
        {
            var again = platform with
            {
                RawTcbs = [.. platform.RawTcbs.Select(tcb => tcb with { Tcbm = levels.Find(tcb.CpuSvn, tcb.PceSvn)?.Tcbm ?? "" })],
            };
            _ = await TryWritePlatformAsync(again, platform, cancellationToken).ConfigureAwait(false);
        }
    }

    private PckSelection SelectionOf(StoredCollateral certificates) => _selections.GetValue(
        certificates,
        source => PckCertificateSet.TryRead(source, _roots, out var set, out var error)
            ? new PckSelection(source, set!)
            : throw new InvalidOperationException($"Verified certificates do not verify: {error}"));

    private static System.Collections.Immutable.ImmutableArray<SelectedTcb> Remember(ProvisionedPlatform platform, SelectedTcb selected)
    {
        if (platform.RawTcbs.Contains(selected))
        {
            return platform.RawTcbs;
        }

        // Anyone may ask for any TCB of any machine: once the list is full, a new one neither pushes out those that the machine asked
        // for, nor costs a write to the disk. Its choice is made at each question all the same.
        var others = platform.RawTcbs.Where(tcb => (tcb.CpuSvn, tcb.PceSvn) != (selected.CpuSvn, selected.PceSvn)).ToArray();
        return others.Length >= ProvisionedPlatform.MaximumRawTcbs ? platform.RawTcbs : [.. others, selected];
    }

    private static ProvisionedPlatform Merge(ProvisionedPlatform? known, CollateralKey key, PckQuery query)
    {
        var ppid = HexOrEmpty(query.EncryptedPpid, 768, nameof(query.EncryptedPpid));
        var manifest = HexOrEmpty(query.PlatformManifest, ProvisionedPlatform.MaximumManifestDigits, nameof(query.PlatformManifest));
        var platform = known ?? new ProvisionedPlatform { QeId = key.QeId, PceId = key.PceId };
        return (ppid.Length == 0 || ppid == platform.EncryptedPpid) && (manifest.Length == 0 || manifest == platform.PlatformManifest)
            ? platform
            : platform with
            {
                EncryptedPpid = ppid.Length > 0 ? ppid : platform.EncryptedPpid,
                PlatformManifest = manifest.Length > 0 ? manifest : platform.PlatformManifest,
            };
    }

    // All zero stands for "not known": so the tool that reads it from a platform writes it for machines with a manifest.
    private static string HexOrEmpty(string text, int maximum, string name)
    {
        ArgumentNullException.ThrowIfNull(text, name);
        return text.Length > maximum || text.Length % 2 != 0 || text.AsSpan().ContainsAnyExcept("0123456789abcdefABCDEF")
            ? throw new ArgumentException($"{name} is not hex of at most {maximum} digits.", name)
            : text.AsSpan().ContainsAnyExcept('0') ? text.ToLowerInvariant() : "";
    }

    private async ValueTask<ProvisionedPlatform?> ReadPlatformAsync(string qeId, string pceId, CancellationToken cancellationToken)
    {
        if (_platforms.TryGetValue((qeId, pceId), out var known))
        {
            return known;
        }

        try
        {
            var stored = await _store.ReadPlatformAsync(qeId, pceId, cancellationToken).ConfigureAwait(false);
            return stored is null ? null : InMemory(stored);
        }
        catch (CollateralStoreException exception)
        {
            ReportDamage(CollateralKey.PckCertificates(qeId, pceId), exception.Message);
            return null;
        }
    }

    private async ValueTask WritePlatformAsync(
        ProvisionedPlatform platform, ProvisionedPlatform? known, CancellationToken cancellationToken)
    {
        if (ReferenceEquals(platform, known) || (
            known is not null && platform == known with { RawTcbs = platform.RawTcbs } && platform.RawTcbs.SequenceEqual(known.RawTcbs)))
        {
            return;
        }

        await _store.WritePlatformAsync(platform, cancellationToken).ConfigureAwait(false);
        InMemory(platform);
    }

    private async ValueTask<string> TryWritePlatformAsync(
        ProvisionedPlatform platform, ProvisionedPlatform? known, CancellationToken cancellationToken)
    {
        try
        {
            await WritePlatformAsync(platform, known, cancellationToken).ConfigureAwait(false);
            return "";
        }
        catch (CollateralStoreException exception)
        {
            Metrics.CountProblem(platform.CertificatesKey, "not stored");
            _observer?.Stored(platform.CertificatesKey, exception.Message);
            return exception.Message;
        }
    }

    private ProvisionedPlatform InMemory(ProvisionedPlatform platform)
    {
        if (_platforms.Count >= MaximumPlatformsInMemory)
        {
            _platforms.Clear();
        }

        return _platforms[(platform.QeId, platform.PceId)] = platform;
    }

    /// <summary>Parsed certificates of one machine.</summary>
    private sealed class PckSelection(StoredCollateral source, PckCertificateSet set)
    {
        private volatile Levels? _levels;

        public PckCertificateSet Set { get; } = set;

        /// <summary>The certificates in the order of a TCB info; null when that cannot be read.</summary>
        public Levels? With(StoredCollateral tcbInfo)
        {
            if (_levels is { } known && ReferenceEquals(known.Source, tcbInfo))
            {
                return known;
            }

            using var json = JsonInput.ParseObject(tcbInfo.Raw, "TCB info");
            return TcbInfo.TryParse(SignedJson.Read(json.RootElement, "TCB info").Body, out var parsed, out _)
                ? _levels = new Levels(this, tcbInfo, parsed!)
                : null;
        }

        public PckCertificateAnswer Answer(PckEntry entry) =>
            new(entry.LeafPem(), entry.IssuersPem(), entry.Tcbm, Set.Fmspc, Set.PlatformCa, source);
    }

    /// <summary>The choices made with one TCB info.</summary>
    private sealed class Levels(PckSelection selection, StoredCollateral source, TcbInfo tcbInfo)
    {
        private readonly ConcurrentDictionary<(string, string), PckCertificateAnswer?> _chosen = new();

        public StoredCollateral Source { get; } = source;

        public PckCertificateAnswer? Find(string cpuSvn, string pceSvn)
        {
            if (_chosen.TryGetValue((cpuSvn, pceSvn), out var known))
            {
                return known;
            }

            var entry = selection.Set.Select(Convert.FromHexString(cpuSvn), PckCertificateSet.ReadPceSvn(pceSvn), tcbInfo);
            var answer = entry is null ? null : selection.Answer(entry);
            if (_chosen.Count < MaximumSelections)
            {
                _chosen[(cpuSvn, pceSvn)] = answer;
            }

            return answer;
        }
    }
}
