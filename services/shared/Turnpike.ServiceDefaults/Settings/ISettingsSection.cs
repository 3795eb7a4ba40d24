using System.Diagnostics.CodeAnalysis;

namespace Turnpike.ServiceDefaults.Settings;

/// <summary>
/// Marks an options class: a section whose public properties are settings, or sections again. What is compiled ahead of time keeps the
/// properties of these classes, which nothing but <see cref="SettingsCatalog"/> asks for, and by reflection.
/// </summary>
[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)]
public interface ISettingsSection;
