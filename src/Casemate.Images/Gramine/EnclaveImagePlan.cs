using System.Collections.Immutable;
using Casemate.Measurement.Enclave;
using Casemate.Oci;
using Casemate.Oci.Documents;
using Casemate.Oci.Layers;

namespace Casemate.Images.Gramine;

/// <summary>A Gramine-based image before its enclave is signed. The source's files must stay open until it is written.</summary>
public sealed class EnclaveImagePlan
{
    /// <summary>Where the manifest is in the image; signature and others lie beside it.</summary>
    public const string ManifestPath = GramineManifestBuilder.Place + "/app.manifest.sgx";

    /// <summary>Where the signature structure is in the image.</summary>
    public const string SignaturePath = GramineManifestBuilder.Place + "/app.sig";

    internal EnclaveImagePlan(
        Image source, EnclaveImageOptions options, GramineInput input, ImmutableSortedDictionary<string, string> trusted,
        ImmutableArray<ManifestConflict> conflicts, ImmutableArray<string> notes)
    {
        (Source, Options, Input, TrustedFiles, Conflicts, Notes) = (source, options, input, trusted, conflicts, notes);
    }

    /// <summary>The manifest, as it is measured.</summary>
    public ReadOnlyMemory<byte> Manifest => Input.Manifest;

    /// <summary>What measurement takes.</summary>
    public GramineInput Input { get; }

    /// <summary>The trusted files by their names, with SHA-256 as 64 lower-case hexadecimal digits.</summary>
    public ImmutableSortedDictionary<string, string> TrustedFiles { get; }

    /// <summary>What the overlay replaced.</summary>
    public ImmutableArray<ManifestConflict> Conflicts { get; }

    /// <summary>What is worth knowing, one sentence each.</summary>
    public ImmutableArray<string> Notes { get; }

    /// <summary>True when the image can be started without an enclave as well; see <see cref="DirectEntrypoint"/>.</summary>
    public bool IsDirectPossible { get; internal init; }

    /// <summary>The entrypoint that starts the enclave: what <c>gramine-sgx</c> executes, without a shell.</summary>
    public static ImmutableArray<string> Entrypoint { get; } =
        [GramineRuntime.Place + "/sgx/loader", GramineRuntime.Place + "/sgx/libpal.so", "init", GramineManifestBuilder.Place + "/app"];

    /// <summary>The entrypoint that starts the application in Gramine without an enclave, for machines without SGX: nothing protects
    /// it.</summary>
    public static ImmutableArray<string> DirectEntrypoint { get; } =
        [GramineRuntime.Place + "/direct/loader", GramineRuntime.Place + "/direct/libpal.so", "init", GramineManifestBuilder.Place
            + "/app"];

    internal Image Source { get; }

    internal EnclaveImageOptions Options { get; }

    internal IReadOnlyList<LayerFile> RuntimeFiles { get; init; } = [];

    internal IReadOnlyList<LayerFile> ApplicationFiles { get; init; } = [];

    internal ContainerConfig Config { get; init; } = new();

    internal ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Measures the enclave and prepares what is signed.</summary>
    /// <param name="date">The date of signing, which is signed.</param>
    /// <exception cref="EnclaveException"><see cref="EnclaveError.NotRecomputable"/>: how the release lays out an enclave is not
    /// known.</exception>
    public EnclaveSigning PrepareSigning(DateOnly date) => EnclaveSigning.PrepareGramine(Input, date);
}
