using System.Collections.Concurrent;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Service;

/// <content>Collateral for evidence.</content>
public sealed partial class CollateralService
{
    private const int MaximumAssembled = 4096;

    // One instance as long as its pieces are the same: verification keeps what it prepared by instance.
    private readonly ConcurrentDictionary<DcapCollateralQuery, (StoredCollateral[] Pieces, DcapCollateral Whole)> _assembled = new();

    /// <inheritdoc/>
    /// <exception cref="CollateralUnavailableException">It may exist and cannot be had now.</exception>
    public async ValueTask<DcapCollateral?> FindDcapCollateralAsync(DcapCollateralQuery query, CancellationToken cancellationToken)
    {
        var (found, outcome) = await FindDcapAsync(query, CollateralFetch.WhenMissing, cancellationToken).ConfigureAwait(false);
        return found ?? (outcome.Status is CollateralStatus.NotFound or CollateralStatus.PlatformUnknown or CollateralStatus.CertificateUnavailable
            ? null
            : throw new CollateralUnavailableException(outcome));
    }

    /// <inheritdoc/>
    /// <exception cref="CollateralUnavailableException">Not even the issuers of the key can be had now, although they exist.</exception>
    public async ValueTask<SnpEndorsements?> FindSnpEndorsementsAsync(SnpEndorsementQuery query, CancellationToken cancellationToken)
    {
        var (found, outcome) = await FindSnpAsync(query, CollateralFetch.WhenMissing, cancellationToken).ConfigureAwait(false);
        return found ?? (outcome.Status is CollateralStatus.NotFound ? null : throw new CollateralUnavailableException(outcome));
    }

    /// <summary>Finds collateral for an SGX or TDX quote, and says why where there is none.</summary>
    /// <param name="query">The platform.</param>
    /// <param name="fetch">Whether upstreams may be asked.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>
    /// The collateral or null, and the outcome of the piece that matters most: the one that is missing, or one that is stale, or none.
    /// </returns>
    public async ValueTask<(DcapCollateral? Collateral, CollateralOutcome Outcome)> FindDcapAsync(
        DcapCollateralQuery query, CollateralFetch fetch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        PckCertificateAnswer? pck = null;
        if (query.PckCertificate is { } wanted)
        {
            var found = await FindPckAsync(wanted, fetch, cancellationToken).ConfigureAwait(false);
            if (found.Certificate is null)
            {
                return (null, new CollateralOutcome(found.Status, Problem: found.Problem, RetryAfter: found.RetryAfter));
            }

            pck = found.Certificate;
            query = query with { Fmspc = pck.Fmspc, PlatformCa = pck.PlatformCa };
        }

        if (query.Fmspc.Length != 12)
        {
            return (null, new CollateralOutcome(CollateralStatus.NotFound, Problem: "the quote does not say which platform it is of"));
        }

        var tcbInfo = GetAsync(CollateralKey.TcbInfo(query.Tee, query.Fmspc, _options.Update), fetch, cancellationToken).AsTask();
        var identity = GetAsync(CollateralKey.QeIdentity(query.Tee, _options.Update), fetch, cancellationToken).AsTask();
        var rootCrl = GetAsync(CollateralKey.RootCaCrl(), fetch, cancellationToken).AsTask();
        var pckCrl = GetAsync(CollateralKey.PckCrl(query.PlatformCa), fetch, cancellationToken).AsTask();
        var outcomes = await Task.WhenAll(tcbInfo, identity, rootCrl, pckCrl).ConfigureAwait(false);
        var missing = outcomes.Where(outcome => !outcome.HasCollateral).OrderByDescending(outcome => Rank(outcome.Status)).FirstOrDefault();
        if (missing is not null)
        {
            return (null, missing);
        }

        var pieces = outcomes.Select(outcome => outcome.Collateral!).ToArray();
        pieces = pck is null ? pieces : [.. pieces, pck.Source];
        var overall = outcomes.FirstOrDefault(outcome =>
            outcome.Status is CollateralStatus.Stale) ?? new CollateralOutcome(CollateralStatus.Found);
        if (_assembled.TryGetValue(query, out var known) && known.Pieces.Zip(pieces).All(pair => ReferenceEquals(pair.First, pair.Second)))
        {
            return (known.Whole, overall);
        }

        if (_assembled.Count >= MaximumAssembled)
        {
            _assembled.Clear();
        }

        var whole = new DcapCollateral
        {
            TcbInfo = Signed(pieces[0]),
            QeIdentity = Signed(pieces[1]),
            RootCaCrl = pieces[2].Raw,
            PckCrl = pieces[3].Raw,
            PckCertificateChainPem = ChainFor(query, pck, pieces[3]),
        };
        _assembled[query] = (pieces, whole);
        return (whole, overall);
    }

    /// <summary>Finds the certificates behind a SEV-SNP report, and says why where there are none.</summary>
    /// <param name="query">The chip and TCB.</param>
    /// <param name="fetch">Whether upstreams may be asked.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>
    /// The certificates, without the key's own when that cannot be had (evidence may bring it), or null; and the outcome of the piece
    /// that matters most.
    /// </returns>
    public async ValueTask<(SnpEndorsements? Endorsements, CollateralOutcome Outcome)> FindSnpAsync(
        SnpEndorsementQuery query, CollateralFetch fetch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.ReportedTcb.Length != 16 || query.ReportedTcb.AsSpan().ContainsAnyExcept("0123456789abcdefABCDEF"))
        {
            return (null, new CollateralOutcome(CollateralStatus.NotFound, Problem: "the report names no TCB"));
        }

        IReadOnlyList<SnpProduct> products = query.Product is { } said ? [said] : _options.ProductsOfOldReports;
        var worst = new CollateralOutcome(CollateralStatus.NotFound, Problem: "no product line is known for the report");
        SnpProduct? lacking = null;
        foreach (var product in products)
        {
            var vek = await FindVekAsync(product, query, fetch, cancellationToken).ConfigureAwait(false);
            if (vek.Collateral is { } certificate)
            {
                return (await EndorseAsync(product, query.Signer, certificate, fetch, cancellationToken).ConfigureAwait(false), vek);
            }

            lacking ??= product;
            worst = Rank(vek.Status) >= Rank(worst.Status) ? vek : worst;
        }

        // Only where the report says its product line: the issuers of another one would be of no use.
        var issuers = query.Product is not null && lacking is { } line
            ? await EndorseAsync(line, query.Signer, null, fetch, cancellationToken).ConfigureAwait(false)
            : null;
        return (issuers, worst);
    }

    private ValueTask<CollateralOutcome> FindVekAsync(
        SnpProduct product, SnpEndorsementQuery query, CollateralFetch fetch, CancellationToken cancellationToken)
    {
        var tcb = SnpTcb.Decode(Convert.FromHexString(query.ReportedTcb), product);
        if (query.Signer is SnpSigner.Vlek)
        {
            // Given to cloud providers only, who hand it to their guests: what was imported is all there is.
            return GetAsync(CollateralKey.Vlek(product, tcb), CollateralFetch.Never, cancellationToken);
        }

        if (query.Signer is not SnpSigner.Vcek)
        {
            return ValueTask.FromResult(new CollateralOutcome(CollateralStatus.NotFound, Problem: "the report is not signed"));
        }

        return query.ChipId.Length == CollateralKey.ChipIdDigits(product)
            && !query.ChipId.AsSpan().ContainsAnyExcept("0123456789abcdefABCDEF")
            ? GetAsync(CollateralKey.Vcek(product, query.ChipId, tcb), fetch, cancellationToken)
            : ValueTask.FromResult(new CollateralOutcome(
                CollateralStatus.NotFound, Problem: query.ChipId.Length == 0
                    ? "the report hides the id of its chip" : $"the report's chip is no {product}"));
    }

    private async ValueTask<SnpEndorsements?> EndorseAsync(
        SnpProduct product, SnpSigner signer, StoredCollateral? vek, CollateralFetch fetch, CancellationToken cancellationToken)
    {
        if (signer is not (SnpSigner.Vcek or SnpSigner.Vlek))
        {
            return null;
        }

        var crl = await GetAsync(CollateralKey.SnpCrl(product, signer), fetch, cancellationToken).ConfigureAwait(false);
        var chain = vek?.IssuerChainPem ?? await FindIssuersAsync(product, signer, fetch, cancellationToken).ConfigureAwait(false);
        if (chain is not { IsEmpty: false } pem || !Attestation.Pki.PemCertificates.TryRead(pem.Span, out var certificates, out _))
        {
            return null;
        }

        var ark = certificates.Find(c => c.Issuer.Span.SequenceEqual(c.Subject.Span));
        var ask = certificates.Find(c => c != ark);
        return ark is null || ask is null ? null : new SnpEndorsements
        {
            Vek = vek?.Raw ?? ReadOnlyMemory<byte>.Empty,
            Ask = ask.Der,
            Ark = ark.Der,
            Crl = crl.Collateral?.Raw,
        };
    }

    private async ValueTask<ReadOnlyMemory<byte>?> FindIssuersAsync(
        SnpProduct product, SnpSigner signer, CollateralFetch fetch, CancellationToken cancellationToken)
    {
        var key = CollateralKey.SnpChain(product, signer);
        var cached = await GetAsync(key, CollateralFetch.Never, cancellationToken).ConfigureAwait(false);
        if (cached.Collateral is { } known)
        {
            return known.Raw;
        }

        if (ShippedChain(key) is { } shipped
            && CollateralVerifier.Verify(
                new StoredCollateral(key, shipped, default, _time.GetUtcNow(), "shipped", null, null), _roots, _time.GetUtcNow())
                is { Collateral: not null } && _roots.All.Count(root => root.Product == product) == 1)
        {
            return shipped;
        }

        var fetched = await GetAsync(key, fetch, cancellationToken).ConfigureAwait(false);
        return fetched.Collateral?.Raw;
    }

    private async ValueTask<PckCertificateOutcome> FindPckAsync(
        PckCertificateQuery wanted, CollateralFetch fetch, CancellationToken cancellationToken)
    {
        // The service takes a PPID under its RSA-3072 key only; the short form of type 1 leaves PCEID out, and there is but one so far.
        const int encryptedPpidBytes = 384;
        var pceId = wanted.PceId.Length == 2 ? wanted.PceId : new byte[2];
        var pceSvn = new byte[2];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16LittleEndian(pceSvn, wanted.PceSvn);
        var query = new PckQuery(
            Convert.ToHexString(wanted.QeId.Span), Convert.ToHexString(pceId.Span), Convert.ToHexString(wanted.CpuSvn.Span), Convert.ToHexString(pceSvn),
            wanted.EncryptedPpid.Length == encryptedPpidBytes ? Convert.ToHexString(wanted.EncryptedPpid.Span) : "");
        var outcome = await GetPckCertificateAsync(query, fetch, cancellationToken).ConfigureAwait(false);

        // The QE id in a quote is not signed for: another machine's certificate must not be taken for this one's.
        return outcome.Certificate is null || wanted.IsAnsweredBy(outcome.Certificate.CertificatePem.Span)
            ? outcome
            : new PckCertificateOutcome(
                CollateralStatus.CertificateUnavailable, Problem: "the machine's certificate is not the one whose key signed the quoting enclave's report");
    }

    // Null where the quote carries the chain; CA and root where it carries the certificate alone.
    private static ReadOnlyMemory<byte>? ChainFor(DcapCollateralQuery query, PckCertificateAnswer? pck, StoredCollateral pckCrl)
    {
        if (pck is not null)
        {
            return (byte[])[.. pck.CertificatePem.Span, .. pck.IssuerChainPem.Span];
        }

        // Not as one expression: its type would turn null into an empty chain.
        if (query.CertificationDataType is CertificationDataType.PckLeaf)
        {
            return pckCrl.IssuerChainPem;
        }

        return null;
    }

    private static SignedDocument Signed(StoredCollateral document)
    {
        using var json = JsonInput.ParseObject(document.Raw, "the document");
        var piece = SignedJson.Read(json.RootElement, "the document");
        return new SignedDocument(piece.Body, piece.Signature, document.IssuerChainPem);
    }
}
