<?php

namespace Database\Seeders;

use App\Models\Product;
use Illuminate\Database\Seeder;

class DatabaseSeeder extends Seeder
{
    private const RANGE = [
        ['sku' => 'refractor-80', 'name' => 'Refractor 80', 'price_cents' => 24900, 'stock' => 12,
            'description' => 'An 80 mm lens and a short tube: the Moon by the first evening.'],
        ['sku' => 'reflector-200', 'name' => 'Reflector 200', 'price_cents' => 64900, 'stock' => 5,
            'description' => 'A 200 mm mirror for galaxies that are too faint for anything smaller.'],
        ['sku' => 'mount-eq3', 'name' => 'Equatorial mount', 'price_cents' => 38900, 'stock' => 7,
            'description' => 'Turns once a day, so that the sky stands still.'],
        ['sku' => 'eyepiece-9', 'name' => 'Eyepiece 9 mm', 'price_cents' => 5900, 'stock' => 40,
            'description' => 'A wide field at a high magnification.'],
        ['sku' => 'atlas', 'name' => 'Atlas of the night sky', 'price_cents' => 3400, 'stock' => 0,
            'description' => 'Every star down to the ninth magnitude, on paper that likes dew.'],
    ];

    /** Fills an empty shop only: what was changed or taken out of the range stays so. */
    public function run(): void
    {
        if (Product::query()->exists()) {
            $this->command?->info('There are products already; nothing is seeded.');

            return;
        }
        // One statement, so that a seed that is cut off leaves none of it.
        $now = ['created_at' => now(), 'updated_at' => now()];
        Product::query()->insertOrIgnore(array_map(fn (array $one) => $one + $now, self::RANGE));
    }
}
