namespace Casemate.KataPolicy.Manifests;

/// <summary>What kubectl takes a scalar for: the types of YAML 1.1, whose words for truth are more than <c>true</c> and <c>false</c>.</summary>
internal enum ScalarType
{
    Null,
    Boolean,
    Number,
    Text,
}
