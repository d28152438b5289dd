<?php

namespace App\Models;

use Illuminate\Database\Eloquent\Model;

class Product extends Model
{
    protected $fillable = ['sku', 'name', 'description', 'price_cents', 'currency', 'stock'];

    protected $hidden = ['created_at', 'updated_at'];

    protected $casts = ['price_cents' => 'integer', 'stock' => 'integer'];
}
