using Casemate.Images.Closure;
using Casemate.Images.Packing;
using Casemate.Images.Roots;

namespace Casemate.Images.Gramine;

public sealed partial class EnclaveImagePlanner
{
    // Gramine's loader runs outside of the enclave, with libraries of its own: what the image lacks comes from Gramine's image.
    private void AddHostLibraries()
    {
        foreach (var name in _runtime.HasDirect ? (string[])["sgx/loader", "direct/loader"] : ["sgx/loader"])
        {
            if (Host(_walk.Root, $"{GramineRuntime.Place}/{name}").IsComplete)
            {
                continue;
            }

            foreach (var file in Host(_runtime.Walk.Root, $"{_runtime.Directory}/{name}").Files)
            {
                if (file.Kind is not RootEntryKind.Directory && !file.Path.StartsWith(_runtime.Directory + "/", StringComparison.Ordinal)
                    && _walk.Resolve(file.Path) is null)
                {
                    AddHostFile(file.Path);
                }
            }

            var root = _hostFiles.Aggregate((ComposedRoot)_walk.Root, (composed, file) =>
                composed.WithFile(file.Key, _runtime.Walk.Root, file.Value.Path));
            RequireComplete(
                Host(root, $"{GramineRuntime.Place}/{name}"), EnclaveImageError.RuntimeIncomplete,
                    $"Gramine's {name} would not start in the image",
                "Take Gramine from an image of the same distribution, in which it is installed with all that it needs.");
        }
    }

    private void AddHostFile(string path)
    {
        var directory = path[..Math.Max(path.LastIndexOf('/'), 1)];
        if (_walk.Resolve(directory) is { } place && (place.Path != directory || place.Entry.Kind is not RootEntryKind.Directory))
        {
            throw new EnclaveImageException(
                EnclaveImageError.RuntimeIncomplete, $"{Shown.Of(path)}, which Gramine's loader needs, has no place in the image, where "
                    + $"{Shown.Of(directory)} is something else",
                "Take Gramine from an image of the same distribution.");
        }

        _hostFiles[path] = _runtime.Walk.Resolve(path) ?? throw new EnclaveImageException(
            EnclaveImageError.RuntimeIncomplete, $"{Shown.Of(path)}, which Gramine's loader needs, is a link that leads nowhere");
    }

    private static ClosureResult Host(IRootFileSystem root, string program) => ClosureResolver.Resolve(root, new ClosureOptions
    {
        Programs = [program],
        Quotes = QuoteMode.None,
        Packages = false,
        NameService = DataSwitch.Exclude,
        Accounts = DataSwitch.Exclude,
        Certificates = DataSwitch.Exclude,
        CharacterSets = DataSwitch.Exclude,
        Locales = DataSwitch.Exclude,
        TimeZones = DataSwitch.Exclude,
    });
}
