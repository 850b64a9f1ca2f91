using Casemate.Cli.Commands;

namespace Casemate.Cli.Image;

/// <summary><c>casemate image</c>: images in registries, layouts and archives.</summary>
internal sealed class ImageCommand : CliCommand
{
    public ImageCommand()
        : base(
            "image", "Sign and verify images.",
            new CommandExample("Sign with a key", "casemate image sign --key cosign.key registry.example/team/app:1.2"),
            new CommandExample("Verify it", "casemate image verify --key cosign.pub registry.example/team/app:1.2"))
    {
        Add(new ImageSignCommand());
        Add(new ImageVerifyCommand());
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no image command given", "Run 'casemate image --help' for its commands and examples.");
}
