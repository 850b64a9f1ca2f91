using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Casemate.Images.Gramine;

/// <summary>Generates a manifest from what is known of an application. Source: Gramine documentation, "Manifest syntax".</summary>
internal static class GramineManifestBuilder
{
    /// <summary>Where manifest, signature and arguments are in a converted image.</summary>
    public const string Place = "/gramine/app";

    /// <summary>The trusted file with the arguments.</summary>
    public const string ArgumentFile = Place + "/argv";

    private static readonly Version s_firstWithEntrypointTable = new(1, 8);

    /// <summary>Generates all but the trusted files.</summary>
    /// <param name="start">How the application is started.</param>
    /// <param name="options">What the enclave is to be.</param>
    /// <param name="libraryPath">The directories of libraries, Gramine's first.</param>
    /// <param name="release">The release, which decides how <c>loader.entrypoint</c> is written.</param>
    /// <param name="libosSha256">SHA-256 of <c>libsysdb.so</c>.</param>
    public static JsonObject Build(
        ApplicationStart start, EnclaveImageOptions options, string libraryPath, string? release, string libosSha256)
    {
        const string Libos = "file:" + GramineRuntime.Place + "/libsysdb.so";
        var loader = new JsonObject
        {
            ["entrypoint"] = Version.TryParse(release, out var version) && version >= s_firstWithEntrypointTable
                ? new JsonObject { ["uri"] = Libos, ["sha256"] = libosSha256 } : JsonValue.Create(Libos),
            ["env"] = Environment(start, options, libraryPath),
            ["log_level"] = "error",
        };
        if (options.AcceptHostArguments)
        {
            loader["insecure__use_cmdline_argv"] = true;
        }
        else if (options.ArgumentsInFile)
        {
            loader["argv_src_file"] = "file:" + ArgumentFile;
        }
        else
        {
            loader["argv"] = new JsonArray([.. start.Arguments.Select(argument => JsonValue.Create(argument))]);
        }

        var manifest = new JsonObject
        {
            ["libos"] = new JsonObject { ["entrypoint"] = start.Program },
            ["loader"] = loader,
            ["fs"] = new JsonObject
            {
                ["root"] = new JsonObject { ["type"] = "chroot", ["uri"] = "file:/" },
                ["start_dir"] = start.Directory,
                ["mounts"] = Mounts(options),
            },
            ["sgx"] = new JsonObject
            {
                ["debug"] = options.MakeDebugEnclave,
                ["edmm_enable"] = options.IsDynamic,
                ["enclave_size"] = Size(options.EnclaveBytes),
                ["max_threads"] = options.Threads,
                ["isvprodid"] = options.ProductId,
                ["isvsvn"] = options.SecurityVersion,
                ["remote_attestation"] = options.Attests ? "dcap" : "none",
            },
        };
        if (options.TakesDomainNames)
        {
            manifest["sys"] = new JsonObject { ["enable_extra_runtime_domain_names_conf"] = true };
        }

        return manifest;
    }

    /// <summary>The trusted files as a manifest lists them, by name.</summary>
    public static JsonArray TrustedFiles(ImmutableSortedDictionary<string, string> files) =>
        new([.. files.Select(file => new JsonObject { ["uri"] = "file:" + file.Key, ["sha256"] = file.Value })]);

    private static JsonObject Environment(ApplicationStart start, EnclaveImageOptions options, string libraryPath)
    {
        var environment = new JsonObject();
        foreach (var (name, value) in start.Environment)
        {
            environment[name] = value;
        }

        environment["LD_LIBRARY_PATH"] = libraryPath;
        foreach (var name in options.Passthrough)
        {
            environment[name] = new JsonObject { ["passthrough"] = true };
        }

        return environment;
    }

    private static JsonArray Mounts(EnclaveImageOptions options)
    {
        var mounts = new JsonArray();
        foreach (var path in options.TemporaryMounts)
        {
            mounts.Add((JsonNode)new JsonObject { ["type"] = "tmpfs", ["path"] = path });
        }

        foreach (var mount in options.EncryptedMounts)
        {
            mounts.Add((JsonNode)new JsonObject
            {
                ["type"] = "encrypted",
                ["path"] = mount.Path,
                ["uri"] = "file:" + mount.Path,
                ["key_name"] = mount.KeyName,
            });
        }

        return mounts;
    }

    private static string Size(ulong bytes) =>
        bytes % (1UL << 30) == 0 ? $"{bytes >> 30}G" : bytes % (1UL << 20) == 0 ? $"{bytes >> 20}M" : $"{bytes >> 10}K";
}
