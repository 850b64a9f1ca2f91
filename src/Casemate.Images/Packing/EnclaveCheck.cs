using Casemate.Images.Roots;
using Casemate.Measurement.Enclave;

namespace Casemate.Images.Packing;

/// <summary>Reads the enclaves of an image and refuses those that no processor starts, or that are not what was signed.</summary>
internal sealed class EnclaveCheck(RootWalk walk, PackOptions options, DateTimeOffset now)
{
    private const string ManifestSuffix = ".manifest.sgx";
    private const int MaxManifestBytes = 16 * 1024 * 1024;

    private static readonly string[] s_libpal =
    [
        "/usr/lib/x86_64-linux-gnu/gramine/sgx/libpal.so", "/usr/lib64/gramine/sgx/libpal.so", "/usr/lib/gramine/sgx/libpal.so",
        "/usr/local/lib/x86_64-linux-gnu/gramine/sgx/libpal.so", "/usr/local/lib64/gramine/sgx/libpal.so",
        "/usr/local/lib/gramine/sgx/libpal.so",
    ];

    /// <summary>Reads one enclave.</summary>
    /// <returns>The enclave, and the files that it is made of by their paths in the root.</returns>
    /// <exception cref="PackException">It is none, or it is refused.</exception>
    public (PackedEnclave Enclave, IReadOnlyList<string> Paths) Read(string path)
    {
        var location = Find(path, path);
        var paths = new List<string> { path };
        EnclaveReport report;
        try
        {
            report = path.EndsWith(ManifestSuffix, StringComparison.Ordinal)
                ? EnclaveFile.InspectGramine(Gramine(location, path, paths), now)
                : EnclaveFile.Inspect(walk.Read(location, EnclaveLimits.Default.MaxFileBytes), now);
        }
        catch (EnclaveException failure)
        {
            throw new PackException(
                PackError.EnclaveUnreadable, $"{Shown.Of(path)} is not an enclave that can be packed: {failure.Message}",
                failure.Remedy, failure);
        }

        if (report.Format is EnclaveFormat.SigStruct)
        {
            throw new PackException(
                PackError.EnclaveUnreadable, $"{Shown.Of(path)} is a signature structure without the enclave that it is of",
                "Name the signed enclave itself; of Gramine X.manifest.sgx, with X.sig beside it.");
        }

        var enclave = new PackedEnclave(location.Path, report);
        Judge(enclave, path);
        return (enclave, paths);
    }

    private GramineInput Gramine(RootLocation manifest, string path, List<string> paths)
    {
        var signaturePath = path[..^ManifestSuffix.Length] + ".sig";
        var signature = Find(signaturePath, path);
        paths.Add(signaturePath);
        var libpal = s_libpal.Select(walk.Resolve).FirstOrDefault(found => found is { Entry.Kind: RootEntryKind.File });
        return new GramineInput(walk.Read(manifest, MaxManifestBytes))
        {
            Signature = walk.Read(signature, SigStruct.Size),
            Libpal = libpal is null ? default(ReadOnlyMemory<byte>) : walk.Read(libpal, EnclaveLimits.Default.MaxFileBytes),
        };
    }

    private RootLocation Find(string path, string enclave) =>
        walk.Resolve(path) is { Entry.Kind: RootEntryKind.File } location
            ? location
            : throw new PackException(
                PackError.EnclaveUnreadable,
                path == enclave ? $"the enclave {Shown.Of(path)} is not a file in the root"
                    : $"{Shown.Of(enclave)} has no {Shown.Of(path)} beside it",
                path == enclave ? null : "Sign it first: casemate enclave sign, or gramine-sgx-sign.");

    private void Judge(PackedEnclave enclave, string path)
    {
        foreach (var finding in enclave.Report.AllFindings)
        {
            var error = finding.Id switch
            {
                EnclaveFindingId.NotSigned or EnclaveFindingId.MalformedSigStruct or EnclaveFindingId.InvalidSignature =>
                    PackError.EnclaveSignatureInvalid,
                EnclaveFindingId.MrEnclaveMismatch => PackError.EnclaveMeasurementMismatch,
                EnclaveFindingId.DebugAllowed when !options.AcceptDebugEnclaves => PackError.EnclaveDebug,
                EnclaveFindingId.ContradictsSignature or EnclaveFindingId.NeedsLibraries
                    when finding.Severity is EnclaveFindingSeverity.Error => PackError.EnclaveRefused,
                _ => PackError.None,
            };
            if (error is not PackError.None)
            {
                throw new PackException(error, $"the enclave {Shown.Of(path)} is refused: {finding.Message}", finding.Remedy);
            }
        }

        // Whatever the findings say: without one well-formed, verified signature there is nothing to label.
        var isSigned = enclave.Report.Variants.Count > 0 && enclave.Report.Variants.All(variant =>
            SigStruct.TryRead(variant.SigStruct.Span, out var structure) is SigStructError.None
            && structure.Verify() is SigStructSignature.Valid);
        if (!isSigned)
        {
            throw new PackException(PackError.EnclaveSignatureInvalid,
                $"the enclave {Shown.Of(path)} is refused: it has no valid signature");
        }

        if (enclave.Report.Variants.Any(variant => variant.State is MrEnclaveState.Differs))
        {
            throw new PackException(PackError.EnclaveMeasurementMismatch,
                $"the enclave {Shown.Of(path)} is refused: it measures something else than was signed");
        }

        if (enclave.Identities.Any(identity => identity.IsDebugAllowed) && !options.AcceptDebugEnclaves)
        {
            throw new PackException(PackError.EnclaveDebug, $"the enclave {Shown.Of(path)} is refused: it may run in debug mode");
        }
    }
}
