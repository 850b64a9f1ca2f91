using Casemate.Cli.Commands;

namespace Casemate.Cli.Image;

/// <summary><c>casemate image</c>: images in registries, layouts and archives.</summary>
internal sealed class ImageCommand : CliCommand
{
    public ImageCommand()
        : base(
            "image", "Make images, look at them, compare, move, sign and verify them: registries, layouts, archives.",
            new CommandExample("A program with all that it needs", "casemate image pack --out oci:app:1 -- ./app"),
            new CommandExample(
                "An application as it is, in an enclave", "casemate image enclave oci:app:1 --gramine ./gramine --key key.pem --out oci:app:enclave"),
            new CommandExample("What an image is", "casemate image inspect registry.example/team/app:1"),
            new CommandExample("Fetch it", "casemate image pull registry.example/team/app:1 oci:app:1"),
            new CommandExample("What changed since", "casemate image diff oci:app:1 registry.example/team/app:2"))
    {
        Add(new PackCommand());
        Add(new EnclaveImageCommand());
        Add(new ImageInspectCommand());
        Add(new ImageDiffCommand());
        Add(new ImagePullCommand());
        Add(new ImagePushCommand());
        Add(new ImageCopyCommand());
        Add(new ImageSignCommand());
        Add(new ImageVerifyCommand());
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no image command given", "Run 'casemate image --help' for its commands and examples.");
}
