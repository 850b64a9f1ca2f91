using System.Globalization;

namespace Casemate.Measurement.Enclave;

/// <summary>Judges the settings of an enclave that a signature fixes: what is unsafe, and what looks like an oversight.</summary>
public static class EnclaveLint
{
    /// <summary>Intel's vendor number.</summary>
    private const uint IntelVendor = 0x8086;

    private const EnclaveFlags KnownFlags = EnclaveFlags.Init | EnclaveFlags.Debug | EnclaveFlags.Mode64Bit | EnclaveFlags.ProvisionKey
        | EnclaveFlags.EInitTokenKey | EnclaveFlags.Cet | EnclaveFlags.Kss | EnclaveFlags.AexNotify;

    // What whoever loads the enclave could change to its harm. AEX notification and control-flow enforcement are offers to the enclave.
    private const EnclaveFlags FlagsThatMatter =
        EnclaveFlags.Mode64Bit | EnclaveFlags.ProvisionKey | EnclaveFlags.EInitTokenKey | EnclaveFlags.Kss;

    /// <summary>Examines a signature structure.</summary>
    /// <param name="structure">The structure; its signature is verified here.</param>
    /// <param name="now">The instant that its date is compared with. A day of grace is given, for signers in other time zones.</param>
    /// <returns>The findings, the gravest first.</returns>
    public static IReadOnlyList<EnclaveFinding> Examine(SigStruct structure, DateTimeOffset now)
    {
        var findings = new List<EnclaveFinding>();
        ExamineSignature(structure, findings);
        ExamineFlags(structure, findings);
        ExamineIdentity(structure, findings);
        ExamineHeader(structure, now, findings);
        return [.. findings.OrderBy(finding => finding.Severity)];
    }

    private static void ExamineSignature(SigStruct structure, List<EnclaveFinding> findings)
    {
        var problem = structure.Verify() switch
        {
            SigStructSignature.Valid => null,
            SigStructSignature.Invalid => "the signature is not one of its own key over its own fields",
            SigStructSignature.ModulusOutOfRange => "the modulus is no RSA modulus of 3072 bits",
            SigStructSignature.SignatureOutOfRange => "the signature is zero or not smaller than the modulus",
            SigStructSignature.QuotientMismatch => "the signature is right, but Q1 or Q2, with which the processor verifies it, is not",
            _ => "the signature was not judged",
        };
        if (problem is not null)
        {
            Add(findings, EnclaveFindingId.InvalidSignature, EnclaveFindingSeverity.Error, problem,
                "Get the enclave again from its maker, or sign it again: no processor starts it so.");
        }

        if (KnownSigners.DescribeSample(structure.MrSigner) is { } sample)
        {
            Add(findings, EnclaveFindingId.SampleSigner, EnclaveFindingSeverity.Error,
                $"the signer is {sample}: anybody can sign an enclave with it", "Sign with a key of your own (casemate enclave sign).");
        }
    }

    private static void ExamineFlags(SigStruct structure, List<EnclaveFinding> findings)
    {
        var (flags, mask) = (structure.Flags, structure.FlagsMask);
        if (!mask.HasFlag(EnclaveFlags.Debug))
        {
            Add(findings, EnclaveFindingId.DebugAllowed, EnclaveFindingSeverity.Error,
                "the mask leaves DEBUG to whoever loads the enclave, who can then read all its memory",
                "Sign a release build: the mask must have the DEBUG bit and the flags must not. Verifiers must refuse debug reports.");
        }
        else if (flags.HasFlag(EnclaveFlags.Debug))
        {
            Add(findings, EnclaveFindingId.DebugAllowed, EnclaveFindingSeverity.Error,
                "the enclave runs in debug mode only: whoever runs it can read all its memory", "Sign a release build.");
        }

        var left = FlagsThatMatter & ~mask;
        if (left != EnclaveFlags.None)
        {
            Add(findings, EnclaveFindingId.FlagsNotMasked, EnclaveFindingSeverity.Warning,
                $"the mask leaves {left} to whoever loads the enclave", "Sign with a mask that has all flags (all ones).");
        }

        if ((structure.MiscMask & 1) == 0)
        {
            Add(findings, EnclaveFindingId.MiscSelectNotMasked, EnclaveFindingSeverity.Note,
                "the mask leaves EXINFO of MISCSELECT to whoever loads the enclave: it may or may not be told of page faults",
                "Nothing, if the enclave was made so on purpose (Open Enclave: CapturePFGPExceptions).");
        }

        if (flags.HasFlag(EnclaveFlags.ProvisionKey))
        {
            Add(findings, EnclaveFindingId.ProvisionKey, EnclaveFindingSeverity.Warning,
                "the enclave may derive the provisioning key, by which a machine can be recognised, and needs the device sgx_provision",
                "Right for quoting enclaves alone; otherwise sign without PROVISION_KEY.");
        }

        if (flags.HasFlag(EnclaveFlags.EInitTokenKey))
        {
            Add(findings, EnclaveFindingId.LaunchKey, EnclaveFindingSeverity.Warning,
                "the enclave may derive the key of launch tokens", "Right for launch enclaves alone.");
        }

        if (!flags.HasFlag(EnclaveFlags.Mode64Bit))
        {
            Add(findings, EnclaveFindingId.Not64Bit, EnclaveFindingSeverity.Error, "the flags lack 64-bit mode",
                "Sign with MODE64BIT: no current system starts other enclaves.");
        }

        if ((flags & ~KnownFlags) is var unknown && (unknown != EnclaveFlags.None || flags.HasFlag(EnclaveFlags.Init)))
        {
            Add(findings, EnclaveFindingId.UnknownAttributes, EnclaveFindingSeverity.Error,
                string.Create(
                    CultureInfo.InvariantCulture, $"the flags are 0x{(ulong)flags:x}, which has bits without a known meaning or INIT"),
                "Sign with known flags; processors refuse reserved bits.");
        }
    }

    private static void ExamineIdentity(SigStruct structure, List<EnclaveFinding> findings)
    {
        if (structure.SecurityVersion == 0)
        {
            Add(findings, EnclaveFindingId.SecurityVersionZero, EnclaveFindingSeverity.Warning,
                "the security version (ISVSVN) is 0, so a policy has nothing to tell it from any fixed release by",
                "Count security versions from 1, and raise them with each security fix.");
        }

        if (structure.ProductId == 0)
        {
            Add(findings, EnclaveFindingId.ProductIdZero, EnclaveFindingSeverity.Warning,
                "the product id (ISVPRODID) is 0: enclaves of one signer that all have 0 share their sealing keys",
                "Give each product of a signer its own number.");
        }

        if (structure.Flags.HasFlag(EnclaveFlags.Kss))
        {
            Add(findings, EnclaveFindingId.Kss, EnclaveFindingSeverity.Note,
                "the enclave uses key separation and sharing (KSS), which processors before Ice Lake do not have",
                "Run it where KSS is supported; policies can then ask for family and extended product id.");
        }
        else if (structure.FamilyId.ContainsAnyExcept((byte)0) || structure.ExtendedProductId.ContainsAnyExcept((byte)0))
        {
            Add(findings, EnclaveFindingId.IdentityWithoutKss, EnclaveFindingSeverity.Error,
                "family or extended product id are set without KSS: processors refuse the enclave", "Sign with KSS, or without them.");
        }
    }

    private static void ExamineHeader(SigStruct structure, DateTimeOffset now, List<EnclaveFinding> findings)
    {
        if (structure.Date is not { } date)
        {
            Add(findings, EnclaveFindingId.DateMalformed, EnclaveFindingSeverity.Warning,
                string.Create(CultureInfo.InvariantCulture, $"the date of signing is {structure.DateDigits:x8}, which is no day"),
                "Sign again: processors do not look at it, but people do.");
        }
        else if (date.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc) > now.UtcDateTime.AddDays(1))
        {
            Add(findings, EnclaveFindingId.DateInFuture, EnclaveFindingSeverity.Warning,
                string.Create(CultureInfo.InvariantCulture, $"the date of signing, {date:yyyy-MM-dd}, lies in the future"),
                "Check the clock of the machine that signs.");
        }

        if (structure.Vendor is not (0 or IntelVendor))
        {
            Add(findings, EnclaveFindingId.UnknownVendor, EnclaveFindingSeverity.Error,
                string.Create(CultureInfo.InvariantCulture, $"the vendor is 0x{structure.Vendor:x}, and only 0 and 0x8086 exist"),
                "Sign with vendor 0.");
        }

        if (structure.SoftwareDefined != 0)
        {
            Add(findings, EnclaveFindingId.SoftwareDefinedSet, EnclaveFindingSeverity.Note,
                string.Create(CultureInfo.InvariantCulture, $"SWDEFINED is 0x{structure.SoftwareDefined:x}: set for launch enclaves only"),
                "Nothing, if the signer gives it a meaning.");
        }
    }

    private static void Add(
        List<EnclaveFinding> findings, EnclaveFindingId id, EnclaveFindingSeverity severity, string message, string remedy) =>
        findings.Add(new EnclaveFinding(id, severity, message, remedy));
}
