namespace Casemate.KataPolicy.Manifests;

/// <summary>One replacement in a text.</summary>
/// <param name="Start">Where it starts.</param>
/// <param name="Length">How much is replaced; 0 for an insertion.</param>
/// <param name="Text">What stands there instead.</param>
internal sealed record TextEdit(int Start, int Length, string Text);
