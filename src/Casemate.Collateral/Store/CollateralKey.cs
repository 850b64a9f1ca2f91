using System.Globalization;
using Casemate.Attestation;
using Casemate.Attestation.Snp;

namespace Casemate.Collateral.Store;

/// <summary>
/// Names one piece of collateral. Two spellings of one thing give equal keys: hex is lower case, security versions are numbers.
/// Made by the factory methods; <see cref="ToString"/> is a stable text that <see cref="TryParse"/> reads.
/// </summary>
public sealed partial record CollateralKey
{
    /// <summary>The longest QE id that is accepted, in characters. Source: the reference PCCS, parameter <c>qeid</c>.</summary>
    public const int MaximumQeIdLength = 260;

    private CollateralKey(CollateralKind kind) => Kind = kind;

    /// <summary>What it is.</summary>
    public CollateralKind Kind { get; }

    /// <summary>SGX or TDX, for TCB infos and QE identities; otherwise the TEE that the thing belongs to.</summary>
    public Tee Tee { get; private init; } = Tee.Sgx;

    /// <summary>4, or 3 for the version 2 TCB info of the older API.</summary>
    public int ApiVersion { get; private init; } = 4;

    /// <summary>Which generation, for TCB infos and identities.</summary>
    public TcbUpdate Update { get; private init; }

    /// <summary>FMSPC of a TCB info: 12 hex digits. Otherwise empty.</summary>
    public string Fmspc { get; private init; } = "";

    /// <summary>True for the PCK Platform CA, false for the Processor CA; for PCK CRLs.</summary>
    public bool PlatformCa { get; private init; }

    /// <summary>QE id of a platform, letters and digits, 1 to 260; for PCK certificates. Identifies one machine: keep it out of
    /// logs.</summary>
    public string QeId { get; private init; } = "";

    /// <summary>PCEID, 4 hex digits as PCCS spells them; for PCK certificates.</summary>
    public string PceId { get; private init; } = "";

    /// <summary>CPUSVN of the raw TCB, 32 hex digits; for one PCK certificate.</summary>
    public string CpuSvn { get; private init; } = "";

    /// <summary>PCESVN of the raw TCB, 4 hex digits, low byte first; for one PCK certificate.</summary>
    public string PceSvn { get; private init; } = "";

    /// <summary>The product line, for everything of AMD's.</summary>
    public SnpProduct Product { get; private init; }

    /// <summary>VCEK or VLEK, for everything of AMD's.</summary>
    public SnpSigner Signer { get; private init; }

    /// <summary>Hardware id of a VCEK: 128 hex digits, 16 for Turin. Identifies one machine: keep it out of logs.</summary>
    public string ChipId { get; private init; } = "";

    /// <summary>The TCB of a VCEK or VLEK.</summary>
    public SnpTcb Tcb { get; private init; }

    /// <summary>Which platforms a list of families is about; for those lists.</summary>
    public PlatformSelection Platforms { get; private init; }

    /// <summary>True for what never changes: a VCEK of one chip and TCB.</summary>
    public bool IsImmutable => Kind is CollateralKind.Vcek;

    /// <summary>A TCB info.</summary>
    /// <param name="tee">SGX or TDX.</param>
    /// <param name="fmspc">12 hex digits, any case.</param>
    /// <param name="update">Which generation.</param>
    /// <param name="apiVersion">4; 3 for the older form, SGX only.</param>
    /// <exception cref="ArgumentException">A parameter is not of this form.</exception>
    public static CollateralKey TcbInfo(Tee tee, string fmspc, TcbUpdate update = default, int apiVersion = 4)
    {
        RequireDcap(tee);
        return apiVersion is 4 || (apiVersion is 3 && tee is Tee.Sgx)
            ? new CollateralKey(CollateralKind.TcbInfo)
            {
                Tee = tee,
                Fmspc = Hex(fmspc, 12, nameof(fmspc)),
                Update = update,
                ApiVersion = apiVersion,
            }
            : throw new ArgumentException("TCB infos come from API version 4, or 3 for SGX.", nameof(apiVersion));
    }

    /// <summary>The identity of the quoting enclave.</summary>
    /// <param name="tee">SGX or TDX.</param>
    /// <param name="update">Which generation.</param>
    /// <exception cref="ArgumentException"><paramref name="tee"/> is neither.</exception>
    public static CollateralKey QeIdentity(Tee tee, TcbUpdate update = default)
    {
        RequireDcap(tee);
        return new CollateralKey(CollateralKind.QeIdentity) { Tee = tee, Update = update };
    }

    /// <summary>The identity of the quote verification enclave.</summary>
    public static CollateralKey QveIdentity(TcbUpdate update = default) => new(CollateralKind.QveIdentity) { Update = update };

    /// <summary>The generations that are kept up.</summary>
    /// <param name="tee">SGX or TDX.</param>
    /// <exception cref="ArgumentException"><paramref name="tee"/> is neither.</exception>
    public static CollateralKey TcbEvaluationNumbers(Tee tee)
    {
        RequireDcap(tee);
        return new CollateralKey(CollateralKind.TcbEvaluationNumbers) { Tee = tee };
    }

    /// <summary>The platform families that there are TCB infos for.</summary>
    /// <param name="platforms">Which platforms.</param>
    /// <exception cref="ArgumentException"><paramref name="platforms"/> is no member of its kind.</exception>
    public static CollateralKey Fmspcs(PlatformSelection platforms = PlatformSelection.All) => Enum.IsDefined(platforms)
        ? new CollateralKey(CollateralKind.Fmspcs) { Platforms = platforms }
        : throw new ArgumentException("Not a selection of platforms.", nameof(platforms));

    /// <summary>The CRL of a PCK CA.</summary>
    /// <param name="platformCa">True for the Platform CA, false for the Processor CA.</param>
    public static CollateralKey PckCrl(bool platformCa) => new(CollateralKind.PckCrl) { PlatformCa = platformCa };

    /// <summary>The CRL of Intel's root CA.</summary>
    public static CollateralKey RootCaCrl() => new(CollateralKind.RootCaCrl);

    /// <summary>All PCK certificates of a platform.</summary>
    /// <param name="qeId">Letters and digits, 1 to 260; any case.</param>
    /// <param name="pceId">4 hex digits, any case.</param>
    /// <exception cref="ArgumentException">A parameter is not of this form.</exception>
    public static CollateralKey PckCertificates(string qeId, string pceId) =>
        new(CollateralKind.PckCertificates) { QeId = Id(qeId), PceId = Hex(pceId, 4, nameof(pceId)) };

    /// <summary>The PCK certificate that a service chooses for a raw TCB.</summary>
    /// <param name="qeId">Letters and digits, 1 to 260; any case.</param>
    /// <param name="pceId">4 hex digits, any case.</param>
    /// <param name="cpuSvn">32 hex digits, any case.</param>
    /// <param name="pceSvn">4 hex digits, low byte first, any case.</param>
    /// <exception cref="ArgumentException">A parameter is not of this form.</exception>
    public static CollateralKey PckCertificate(string qeId, string pceId, string cpuSvn, string pceSvn) =>
        new(CollateralKind.PckCertificate)
        {
            QeId = Id(qeId),
            PceId = Hex(pceId, 4, nameof(pceId)),
            CpuSvn = Hex(cpuSvn, 32, nameof(cpuSvn)),
            PceSvn = Hex(pceSvn, 4, nameof(pceSvn)),
        };

    /// <summary>A VCEK.</summary>
    /// <param name="product">The product line.</param>
    /// <param name="chipId">128 hex digits, for Turin 16; any case.</param>
    /// <param name="tcb">The reported TCB; its FMC counts for Turin only.</param>
    /// <exception cref="ArgumentException">A parameter is not of this form.</exception>
    public static CollateralKey Vcek(SnpProduct product, string chipId, SnpTcb tcb) => new(CollateralKind.Vcek)
    {
        Tee = Tee.Snp,
        Product = Known(product),
        Signer = SnpSigner.Vcek,
        ChipId = Hex(chipId, ChipIdDigits(product), nameof(chipId)),
        Tcb = Normal(tcb, product),
    };

    /// <summary>A VLEK.</summary>
    /// <param name="product">The product line.</param>
    /// <param name="tcb">The reported TCB; its FMC counts for Turin only.</param>
    public static CollateralKey Vlek(SnpProduct product, SnpTcb tcb) => new(CollateralKind.Vlek)
    {
        Tee = Tee.Snp,
        Product = Known(product),
        Signer = SnpSigner.Vlek,
        Tcb = Normal(tcb, product),
    };

    /// <summary>ASK or ASVK, and the ARK.</summary>
    /// <param name="product">The product line.</param>
    /// <param name="signer">VCEK for the ASK, VLEK for the ASVK.</param>
    /// <exception cref="ArgumentException"><paramref name="signer"/> is neither.</exception>
    public static CollateralKey SnpChain(SnpProduct product, SnpSigner signer) =>
        new(CollateralKind.SnpChain) { Tee = Tee.Snp, Product = Known(product), Signer = Known(signer) };

    /// <summary>The CRL of the ARK.</summary>
    /// <param name="product">The product line.</param>
    /// <param name="signer">The key server has an address for each kind of key; the lists are the same ARK's.</param>
    /// <exception cref="ArgumentException"><paramref name="signer"/> is neither.</exception>
    public static CollateralKey SnpCrl(SnpProduct product, SnpSigner signer = SnpSigner.Vcek) =>
        new(CollateralKind.SnpCrl) { Tee = Tee.Snp, Product = Known(product), Signer = Known(signer) };

    /// <summary>Hex digits of the hardware id that the key server wants: 16 for Turin, otherwise 128.</summary>
    public static int ChipIdDigits(SnpProduct product) => product is SnpProduct.Turin ? 16 : 128;

    private static SnpTcb Normal(SnpTcb tcb, SnpProduct product) => tcb with { Fmc = product is SnpProduct.Turin ? tcb.Fmc ?? 0 : null };

    private static void RequireDcap(Tee tee)
    {
        if (tee is not (Tee.Sgx or Tee.Tdx))
        {
            throw new ArgumentException($"{tee} has no collateral of this kind.", nameof(tee));
        }
    }

    private static SnpProduct Known(SnpProduct product) =>
        Enum.IsDefined(product) ? product : throw new ArgumentException("Not a product line.", nameof(product));

    private static SnpSigner Known(SnpSigner signer) =>
        signer is SnpSigner.Vcek or SnpSigner.Vlek ? signer : throw new ArgumentException("Neither VCEK nor VLEK.", nameof(signer));

    private static string Hex(string text, int digits, string name)
    {
        ArgumentNullException.ThrowIfNull(text, name);
        return text.Length == digits && !text.AsSpan().ContainsAnyExcept("0123456789abcdefABCDEF")
            ? text.ToLowerInvariant()
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{name} needs {digits} hex digits."), name);
    }

    private static string Id(string qeId)
    {
        ArgumentNullException.ThrowIfNull(qeId);
        return qeId.Length is > 0 and <= MaximumQeIdLength && qeId.All(char.IsAsciiLetterOrDigit)
            ? qeId.ToLowerInvariant()
            : throw new ArgumentException($"A QE id is 1 to {MaximumQeIdLength} letters and digits.", nameof(qeId));
    }
}
