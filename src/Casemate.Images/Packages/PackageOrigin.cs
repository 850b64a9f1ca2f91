namespace Casemate.Images.Packages;

/// <summary>The package that a file came with.</summary>
/// <param name="Database"><c>deb</c> or <c>apk</c>.</param>
/// <param name="Name">The package.</param>
/// <param name="Version">Its version; empty when the database does not say.</param>
/// <param name="Architecture">What it was built for; empty when the database does not say.</param>
public sealed record PackageOrigin(string Database, string Name, string Version, string Architecture);
